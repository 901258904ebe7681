import { onMounted, onScopeDispose, useTemplateRef } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';
import { t } from '@/i18n';
import { ask } from './message';
import { session } from './session';

/**
 * What was changed on a form and not saved is lost only to who says so: on the way to another page, when signing out, when the tab goes.
 * Returns the question, for what else would take the form's place.
 */
export function useUnsaved(changed: () => boolean): () => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  /** Who asks again, by going back twice, waits for the same answer. */
  const mayGo = async (): Promise<boolean> => {
    if (!changed()) return true;
    asked ??= ask(t('common.unsavedAsk'), true).finally(() => (asked = null));
    return asked;
  };

  function closing(event: BeforeUnloadEvent): void {
    if (!changed()) return;
    event.preventDefault();
    // Browsers of before 2023 heed only this.
    event.returnValue = true;
  }
  // Who is signed out already could save nothing.
  onBeforeRouteLeave(() => session.user.value === null || mayGo());
  const stay = session.beforeSignOut(mayGo);
  onMounted(() => globalThis.addEventListener('beforeunload', closing));
  onScopeDispose(() => {
    globalThis.removeEventListener('beforeunload', closing);
    stay();
  });
  return mayGo;
}

/** Asks the form that has this `ref` in the template whether another one may take its place; without a form nothing is lost. */
export function useGuarded(key: string): () => Promise<boolean> {
  const form = useTemplateRef<{ mayGo: () => Promise<boolean> }>(key);
  return async () => !form.value || form.value.mayGo();
}
