/** Every text stands beside its translation, so that none can be forgotten. */
export type Texts = Record<string, readonly [zh: string, en: string]>;
