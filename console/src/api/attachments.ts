// Attachments of a ticket. An upload tells how far it is, which fetch does not.
import { address, http } from './http';
import { Problem } from './problem';
import type { ProblemDocument } from './types';

export interface Attachment {
  id: string;
  name: string;
  /** By its content. */
  mime: string;
  bytes: number;
  uploader: string;
  unit_code: string | null;
  at: string;
  /** The step it came with; null: in hand. */
  step: string | null;
}

export interface AttachmentLimits {
  max_file_bytes: number;
  max_ticket_bytes: number;
  max_files: number;
}

const part = encodeURIComponent;

function problemOf(request: XMLHttpRequest): Problem {
  const bare: ProblemDocument = { status: request.status };
  try {
    return new Problem({ ...bare, ...(JSON.parse(request.responseText) as object), status: request.status });
  } catch {
    return new Problem(bare);
  }
}

/** `progress` is told the part that is over, from 0 to 1. */
function upload(number: string, file: File, progress: (part: number) => void): Promise<Attachment> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', address(`tickets/${part(number)}/attachments`, { name: file.name }));
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    request.onerror = () => failed(new Problem({ status: 0 }));
    request.onload = () =>
      request.status === 201
        ? done(JSON.parse(request.responseText) as Attachment)
        : failed(problemOf(request));
    request.send(file);
  });
}

export const attachments = {
  upload,
  limits: () => http.load<AttachmentLimits>('attachment-limits'),
  takeBack: (number: string, id: string) => http.remove(`tickets/${part(number)}/attachments/${part(id)}`),
  address: (number: string, id: string) => address(`tickets/${part(number)}/attachments/${part(id)}`),
};
