import { ACTIONS } from '../../../policy/actions.js';
import { RESERVED_WORDS } from '../../../policy/names.js';
import type { Identity } from './identity.js';
import type { Terminal } from './terminal.js';

/** A session as an admin sees it. */
export interface SessionInfo {
  readonly id: string;
  readonly identity: Identity;
  readonly openedAt: Date;
  readonly what: 'menu' | 'plain-menu' | 'exec';
  /** For exec, the verb alone: arguments may hold key material. */
  readonly command: string | null;
  readonly hasPty: boolean;
}

/** What a session is described by; `Session` has it all. */
interface Described extends Pick<SessionInfo, 'id' | 'identity' | 'openedAt'> {
  readonly terminal: Pick<Terminal, 'hasPty' | 'term'>;
  readonly request: { readonly kind: 'shell' } | { readonly kind: 'exec'; readonly command: string };
}

const VERBS: ReadonlySet<string> = new Set([
  ...RESERVED_WORDS,
  ...ACTIONS,
  'destroy',
  'take',
  'release',
  'graph',
  'screen',
]);

export function sessionInfo({
  id,
  identity,
  terminal: { hasPty, term },
  openedAt,
  request,
}: Described): SessionInfo {
  const menu = hasPty && term !== 'dumb' ? 'menu' : 'plain-menu';
  return Object.freeze({
    id,
    identity,
    openedAt,
    what: request.kind === 'exec' ? 'exec' : menu,
    command: request.kind === 'exec' ? verbOf(request.command) : null,
    hasPty,
  });
}

/**
 * The one word of a command that may be logged: a verb of the grammar, as first word (`list`) or second
 * (`horatio reboot`).
 */
function verbOf(command: string): string | null {
  const words = command.trim().split(/\s+/, 2);
  return words.find((word) => VERBS.has(word)) ?? null;
}
