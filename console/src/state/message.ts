import { ElMessage } from 'element-plus/es/components/message/index';
import { ElMessageBox } from 'element-plus/es/components/message-box/index';
import 'element-plus/es/components/message/style/css';
import 'element-plus/es/components/message-box/style/css';
import { t } from '@/i18n';
import { explain } from '@/logic/problems';

export function tell(text: string): void {
  ElMessage.success({ message: text, grouping: true });
}

/** What happened without one's own doing. */
export function tellNews(text: string): void {
  ElMessage.info({ message: text, grouping: true, duration: 6000 });
}

export function tellProblem(error: unknown): void {
  ElMessage.error({ message: explain(error), grouping: true, duration: 6000, showClose: true });
}

/** True when the person confirmed. `staying`: it is about leaving the page, and does not go with the address. */
export async function ask(question: string, staying = false): Promise<boolean> {
  return ElMessageBox.confirm(question, {
    confirmButtonText: t('common.confirm'),
    type: 'warning',
    closeOnHashChange: !staying,
  }).then(
    () => true,
    () => false,
  );
}

/** What she must know before she says another word. */
export function tellWarning(text: string): void {
  ElMessage.warning({ message: text, duration: 10000, showClose: true });
}

/** What another person says: stays until it has been read. */
export function tellWords(words: string): void {
  ElMessage.info({ message: words, duration: 15000, showClose: true });
}
