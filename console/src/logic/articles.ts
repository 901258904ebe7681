// What an article is on a day. Pure.
import { t } from '@/i18n';
import type { Article, ArticleDraft, ClassNode, Role } from '@/api/types';

export type Standing = 'valid' | 'early' | 'expired';

/** From and until which day, said once where it is always. */
export function validity(article: Pick<Article, 'valid_from' | 'valid_until'>): string {
  const { valid_from, valid_until } = article;
  if (valid_from && valid_until) return `${valid_from} ${t('common.until')} ${valid_until}`;
  if (valid_from) return t('article.since', { day: valid_from });
  return valid_until ? t('article.through', { day: valid_until }) : t('article.open');
}

/** Whether it has expired is the daemon's to say; `today` is YYYY-MM-DD in China. */
export function standing(article: Pick<Article, 'expired' | 'valid_from'>, today: string): Standing {
  if (article.expired) return 'expired';
  return article.valid_from && article.valid_from > today ? 'early' : 'valid';
}

/** The name of a class, with the branches it belongs to. */
export function titleOf(classes: readonly ClassNode[], code: string): string {
  for (const node of classes) {
    if (node.code === code) return node.name;
    const below = titleOf(node.children ?? [], code);
    if (below) return `${node.name} / ${below}`;
  }
  return '';
}

/** The daemon checks it; this only keeps buttons from who would be refused. */
export const mayWrite = (role: Role | null): boolean =>
  role === 'supervisor' || role === 'dispatcher' || role === 'admin';

export function draftOf(article: Article | null): ArticleDraft {
  return {
    title: article?.title ?? '',
    body: article?.body ?? '',
    class_code: article?.class_code ?? null,
    owner_unit: article?.owner_unit ?? null,
    valid_from: article?.valid_from ?? null,
    valid_until: article?.valid_until ?? null,
    reply_template: article?.reply_template ?? '',
  };
}
