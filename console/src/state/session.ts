import { computed, ref } from 'vue';
import { session as api } from '@/api';
import { whenSignedOut } from '@/api/http';
import { Problem } from '@/api/problem';
import type { Role, User } from '@/api/types';

const user = ref<User | null>(null);
const known = ref(false);

whenSignedOut(() => {
  user.value = null;
});

export const session = {
  user: computed(() => user.value),
  role: computed<Role | null>(() => user.value?.role ?? null),

  /** Asks the daemon once who we are; false when nobody is signed in. */
  async restore(): Promise<boolean> {
    if (!known.value) {
      user.value = await api.who().then(
        (answer) => answer.user,
        (error: unknown) => {
          if (error instanceof Problem && error.status === 401) return null;
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
  },

  async signOut(): Promise<void> {
    await api.close().catch(() => undefined);
    user.value = null;
  },
};
