import { computed, ref } from 'vue';
import { session as api } from '@/api';
import { whenSignedOut } from '@/api/http';
import { Problem } from '@/api/problem';
import type { Role, User } from '@/api/types';
import { forgetAll } from '@/logic/mirror';

const user = ref<User | null>(null);
const known = ref(false);
/** What must be settled before a person leaves; false keeps them. */
type Farewell = () => Promise<boolean>;
const farewells = new Set<Farewell>();
const atDesks: readonly Role[] = ['operator', 'supervisor', 'admin'];

/** Why the daemon asks for the password again, where it says so. */
const ended = ref<Problem | null>(null);
function endedBy(why: Problem): void {
  user.value = null;
  ended.value = why.document.code === 'session-elsewhere' ? why : null;
}
whenSignedOut(endedBy);

export const session = {
  user: computed(() => user.value),
  ended: computed(() => ended.value),
  role: computed<Role | null>(() => user.value?.role ?? null),

  /** Who may have the line of a desk. */
  telephones: computed(() => user.value !== null && atDesks.includes(user.value.role)),

  /** Asks the daemon once who we are; false when nobody is signed in. */
  async restore(): Promise<boolean> {
    if (!known.value) {
      user.value = await api.who().then(
        (answer) => answer.user,
        (error: unknown) => {
          if (error instanceof Problem && error.status === 401) {
            endedBy(error);
            return null;
          }
          throw error;
        },
      );
      known.value = true;
    }
    return user.value !== null;
  },

  async signIn(username: string, password: string): Promise<void> {
    user.value = (await api.open(username, password)).user;
    known.value = true;
    ended.value = null;
  },

  /** Runs while the session still holds; returns how to take it back. */
  beforeSignOut(farewell: Farewell): () => void {
    farewells.add(farewell);
    return () => farewells.delete(farewell);
  },

  /** False when the person stays after all. */
  async signOut(): Promise<boolean> {
    // What came last goes first: a form is settled before the line is given back.
    for (const farewell of [...farewells].reverse()) if (!(await farewell())) return false;
    await api.close().catch(() => undefined);
    forgetAll(sessionStorage);
    user.value = null;
    return true;
  },
};
