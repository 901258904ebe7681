import type { ProblemDocument } from './types';

/** A refusal of the daemon (RFC 9457), or the lack of any answer (status 0). */
export class Problem extends Error {
  constructor(readonly document: ProblemDocument) {
    super(document.detail ?? document.title ?? String(document.status));
  }
  get status(): number {
    return this.document.status;
  }
}
