import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';

/**
 * Who changes a row: the file that declares it, by its path or name; or a hand, which changes a declared row only
 * when it takes it over.
 */
export type Editor = { readonly file: string } | { readonly take: boolean };

/** A hand that takes nothing over. */
export const BY_HAND: Editor = { take: false };

/** The file that declares a row after this change; null: the row is the hand's. */
export function declarer(editor: Editor): string | null {
  return 'file' in editor ? editor.file : null;
}

/** For an audit event: the file that made the change. */
export function byFile(editor: Editor): { readonly file?: string } {
  return 'file' in editor ? { file: editor.file } : {};
}

/**
 * Refuses a hand's change of a declared row.
 *
 * @param declared the file that declares the row; null: none does
 */
export function keptByFile(what: string, declared: string | null, editor: Editor): Refusal | null {
  if (declared === null || 'file' in editor || editor.take) return null;
  return refusal(
    'declared',
    `${what} is declared by ${declared}: change it there and say \`postern apply\`, or say --take to change it by hand`,
  );
}
