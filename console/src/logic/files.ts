// What an attachment is shown as.
export type FileShape = 'picture' | 'film' | 'sound' | 'document';

// Browsers other than Safari draw no HEIC: it is offered for saving.
const undrawn = new Set(['image/heif']);

export function shapeOf(mime: string): FileShape {
  if (mime.startsWith('image/') && !undrawn.has(mime)) return 'picture';
  if (mime.startsWith('video/')) return 'film';
  return mime.startsWith('audio/') ? 'sound' : 'document';
}

/** 3.4 MB; small files in kB. */
export function sizeOf(bytes: number): string {
  const megabytes = bytes / (1 << 20);
  return megabytes >= 0.1 ? `${megabytes.toFixed(1)} MB` : `${Math.max(1, Math.ceil(bytes / 1024))} kB`;
}

/** A larger picture is fetched when asked for: a unit's phone pays for what it loads. */
const unasked = 6 << 20;

export const showsItself = (shape: FileShape, bytes: number): boolean =>
  shape === 'picture' && bytes <= unasked;

/** What browsers let choose; what is really in a file the daemon finds out. */
export const accepted = 'image/*,audio/*,video/*,application/pdf';
