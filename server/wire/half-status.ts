import { amount, fields, list, orNull, sentence, text, time } from './answer-fields.js';
import type { FolderRoom } from './folder-check.js';
import { TEXT_LIMITS } from './text-limits.js';

/** `GET /status`: what a dom0 half says of itself. Unlike `GET /check` it tries nothing, so it may be asked often. */
export interface HalfStatus {
  readonly version: string;
  /** When the half started, ISO 8601. */
  readonly startedAt: string;
  readonly folders: readonly FolderRoom[];
  /** What an admin of the host must see to, a sentence each, as in the contract. */
  readonly troubles: readonly string[];
}

/** @throws AnswerError */
export function readHalfStatus(value: unknown): HalfStatus {
  const from = fields(value, 'status');
  return {
    version: text(from, 'version', TEXT_LIMITS.label),
    startedAt: time(from, 'startedAt'),
    folders: list(from, 'folders', 10).map(readRoom),
    troubles: list(from, 'troubles', 20).map((trouble) => sentence({ trouble }, 'trouble')),
  };
}

function readRoom(value: unknown): FolderRoom {
  const from = fields(value, 'folder');
  return {
    what: text(from, 'what', TEXT_LIMITS.label),
    free: orNull(from, 'free', amount),
    size: orNull(from, 'size', amount),
  };
}
