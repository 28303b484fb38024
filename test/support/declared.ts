import { readCustomers } from '../../config/customers-document.js';
import { problemText } from '../../config/problem.js';
import { isRefusal } from '../../policy/refusal.js';
import type { DeclarationsApplied } from '../../server/gate/control/declaration-answers.js';
import { ed25519Pair } from '../../server/gate/ssh/raw-keys.js';
import type { ControlFixture } from './control-fixture.js';

/** Options of an apply; it writes unless `apply` is false. */
interface ApplyGiven {
  readonly prune?: boolean;
  readonly many?: boolean;
  readonly take?: boolean;
  readonly apply?: boolean;
  readonly onlyCustomers?: string;
  readonly onlyDomains?: string;
  /** Of the files; by default that of the first. */
  readonly directory?: string | null;
}

/** Applies files to the fixture's store, as `postern apply` sends them. */
export async function applied(
  gate: ControlFixture,
  files: Readonly<Record<string, string>>,
  options: ApplyGiven = {},
): Promise<DeclarationsApplied> {
  const read = readCustomers(Object.entries(files).map(([file, text]) => ({ file, text })));
  if (!read.ok) throw new Error(problemText(read.problems));
  const { customers, parameters, authorities } = read.declared;
  const answer = await gate.client('ada').ask('POST', '/declarations', {
    customers,
    parameters,
    authorities,
    files: Object.keys(files),
    directory: null,
    source: 'test',
    apply: true,
    ...options,
  });
  if (isRefusal(answer)) throw new Error(answer.message);
  return answer as DeclarationsApplied;
}

/** A new public key, the line of a .pub file. */
export function publicKeyLine(comment = 'somebody'): string {
  const type = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1');
  return `ssh-ed25519 ${Buffer.concat([type, ed25519Pair().publicKey]).toString('base64')} ${comment}`;
}

/** The sentences of an answer that are no changes. */
export function sentences(answer: DeclarationsApplied): readonly string[] {
  const { notes, objections, excess } = answer;
  return [...notes, ...objections].map(({ sentence }) => sentence).concat(excess ?? []);
}
