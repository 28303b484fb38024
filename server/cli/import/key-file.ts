import { isSecurityKeyType } from '../../../policy/key-types.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { PublicKey } from '../../gate/keys/public-key.js';
import { holdsAsciiControls, parsePublicKey } from '../../gate/keys/public-key.js';
import type { ConsoleCommand } from './console-command.js';
import { forcedCommand } from './console-command.js';
import { expiryTime, parseKeyLine } from './key-options.js';
import type { Place } from './place.js';

/** A key that could be taken over. */
export interface FoundKey {
  readonly place: Place;
  readonly key: PublicKey;
  /** As a line of a .pub file. */
  readonly text: string;
  /** The forced command; null when there is none. */
  readonly command: ConsoleCommand | null;
  /** ISO 8601, UTC; null when it does not expire. */
  readonly expiresAt: string | null;
}

/** A line that gives no key. */
interface RefusedLine {
  readonly place: Place;
  readonly kind: 'problem' | 'left';
  readonly sentence: string;
}

export interface KeyRules {
  readonly rsaMinimumBits: number;
  /** Names of scripts whose only argument is a domain's name. */
  readonly menus: readonly string[];
  /** Take keys over although their `from=` is lost. */
  readonly dropFrom: boolean;
  readonly now: Date;
}

const LONGEST_LINE = 16 * 1024;

/**
 * Reads the text of an authorized_keys file. It runs nothing of it, and repeats only names and fingerprints.
 */
export function readKeyFile(
  file: string,
  text: string,
  rules: KeyRules,
): { readonly keys: readonly FoundKey[]; readonly refused: readonly RefusedLine[] } {
  const keys: FoundKey[] = [];
  const refused: RefusedLine[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const place = { file, line: index + 1 };
    const read = readLine(line, rules);
    if ('sentence' in read) refused.push({ place, ...read });
    else keys.push({ place, ...read });
  }
  return { keys, refused };
}

function readLine(line: string, rules: KeyRules): Omit<FoundKey, 'place'> | Omit<RefusedLine, 'place'> {
  if (line.length > LONGEST_LINE) return problem('this line is too long for a key');
  if (holdsAsciiControls(line)) return problem('this line holds control characters');
  const parsed = parseKeyLine(line);
  if (typeof parsed === 'string') return problem(parsed);
  const { options } = parsed;
  if (options.certificates)
    return left(
      'this is the key of an authority that signs certificates: the import trusts none, and `postern ca add` does',
    );
  const command = options.command === null ? null : forcedCommand(options.command, rules.menus);
  if (command === undefined)
    return left('what this key is forced to is not understood as a console: it is not taken');
  const key = parsePublicKey(parsed.key, rules);
  if (isRefusal(key)) return problem(key.message);
  const lost = isSecurityKeyType(key.type) ? lostOption(options.others) : null;
  if (lost !== null) return problem(lost);
  if (options.from !== null && !rules.dropFrom) {
    return problem(
      'its from= is not taken over with a key: a rule of the policy can ask for the source instead; say --drop-from, or leave it out',
    );
  }
  const end = options.expiryTime === null ? null : expiryTime(options.expiryTime);
  if (end === undefined) return problem('its expiry-time= is no time');
  if (end !== null && end <= rules.now) return left('this key has expired');
  const text = `${key.type} ${key.blob.toString('base64')} ${key.comment}`.trimEnd();
  return { key, text, command, expiresAt: end?.toISOString() ?? null };
}

/** The fault of options that only security keys heed (sshd(8)); null: there is none. */
function lostOption(names: readonly string[]): string | null {
  if (names.includes('no-touch-required'))
    return 'its no-touch-required is not supported: a security key must be touched at each login here; take the option off the line, or leave the key out';
  if (names.includes('verify-required'))
    return 'its verify-required is not taken over with a key: ask for it by `verified: true` under `keys:` of the policy, then take the option off the line, or leave the key out';
  return null;
}

function problem(sentence: string): Omit<RefusedLine, 'place'> {
  return { kind: 'problem', sentence };
}

function left(sentence: string): Omit<RefusedLine, 'place'> {
  return { kind: 'left', sentence };
}
