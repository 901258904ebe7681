import type { Texts } from '../pairs';

/** The pages of the knowledge base; what stands beside a call is with the desk. */
export const knowledge = {
  'article.title': ['知识库', 'Knowledge'],
  'article.one': ['知识条目', 'Article'],
  'article.new': ['新建知识', 'New article'],
  'article.search': ['标题、正文或答复模板', 'Title, body or reply'],
  'article.pick': ['选择引用的知识，可输入关键词查找', 'Choose an article; type to search'],
  'article.caption': ['标题', 'Title'],
  'article.body': ['正文', 'Body'],
  'article.class': ['分类', 'Class'],
  'article.owner': ['归口单位', 'Owner'],
  'article.from': ['生效日期', 'Valid from'],
  'article.until': ['失效日期（最后一天）', 'Last valid day'],
  'article.validity': ['有效期', 'Validity'],
  'article.open': ['长期', 'Open'],
  'article.since': ['{day} 起，长期', 'from {day}'],
  'article.through': ['至 {day}', 'until {day}'],
  'article.template': ['答复模板', 'Reply template'],
  'article.valid': ['有效', 'Valid'],
  'article.expired': ['已过期', 'Expired'],
  'article.early': ['未生效', 'Not yet valid'],
  'article.state': ['有效性', 'State'],
  'article.updated': ['最近修改', 'Changed'],
  'article.none': ['没有符合条件的知识', 'No article found'],
  'article.old': ['正在查看第 {version} 版（历史版本）', 'Showing version {version}, not the newest'],
  'article.newest': ['返回最新版', 'Back to the newest'],
  'article.expiredNote': [
    '本条已过期：不再参与推荐，也不能作为当场答复的依据。',
    'Expired: no longer recommended, and nobody can be answered from it.',
  ],
} as const satisfies Texts;
