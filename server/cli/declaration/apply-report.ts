import { counted, shortList } from '../../../policy/listing.js';
import { printable } from '../../../policy/printable.js';
import type { DeclarationsApplied } from '../../gate/control/declaration-answers.js';
import type { Change } from '../../store/declaration.js';
import { sessionsEnded } from '../customer/sessions-ended.js';

const SILENT: readonly Change['verb'][] = ['declare', 'release'];

/** The changes of rights: who gains and loses what. Without those of who declares a row. */
export function rightsChanged(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ verb }) => !SILENT.includes(verb));
}

/** What an apply did, or would do. Ends with a newline. */
export function applyReportText(answer: DeclarationsApplied, isDone: boolean): string {
  const { changes } = answer;
  const rights = rightsChanged(changes);
  const lines: string[] = [];
  let head = '';
  for (const change of inOrder(rights)) {
    const of = ownerText(change);
    if (of !== head) lines.push(of);
    head = of;
    lines.push(`  ${changeText(change)}`);
  }
  lines.push(closing(answer, rights.length, isDone));
  return lines.map((line) => `${printable(line, 2000)}\n`).join('');
}

/** A sentence about rows that are in no file any more; null when there are none. */
export function staleText({ stale }: DeclarationsApplied): string | null {
  if (stale.length === 0) return null;
  return printable(
    `declared by no file any more, and left as it is: ${shortList(stale)} (--prune removes it)`,
    2000,
  );
}

function closing(answer: DeclarationsApplied, rights: number, isDone: boolean): string {
  const count = (verb: Change['verb']): number =>
    answer.changes.filter((change) => change.verb === verb).length;
  const [declared, released] = [count('declare'), count('release')];
  const parts = [
    ...(rights === 0
      ? []
      : [isDone ? `${counted(rights, 'change')} made` : `${counted(rights, 'change')} to make`]),
    ...(declared === 0 ? [] : [`${counted(declared, 'row')} as before, declared by these files from now on`]),
    ...(released === 0 ? [] : [`${counted(released, 'key')} left to the customers who added them`]),
  ];
  if (parts.length === 0) return 'nothing to change';
  const nothing = rights === 0 ? 'nobody gains or loses anything: ' : '';
  return `${nothing}${parts.join('; ')}${sessionsEnded(answer)}`;
}

/** All of one customer or domain together, in the order of the names. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  const rank = (change: Change): string =>
    `${change.subject.of === 'authority' ? 2 : change.subject.of === 'parameter' ? 1 : 0} ${ownerText(change)}`;
  return changes.toSorted((one, other) => (rank(one) < rank(other) ? -1 : rank(one) > rank(other) ? 1 : 0));
}

function ownerText({ subject }: Change): string {
  switch (subject.of) {
    case 'parameter':
      return `domain ${subject.domain}`;
    case 'authority':
      return `CA ${subject.name}`;
    default:
      return subject.customer;
  }
}

/** `+` is gained, `-` is lost, `~` is another than before. */
function changeText({ verb, subject, before, after }: Change): string {
  const sign = verb === 'add' || verb === 'resume' ? '+' : verb === 'change' ? '~' : '-';
  const says = verb === 'change' ? `${before ?? ''} -> ${after ?? ''}` : (after ?? before ?? '');
  switch (subject.of) {
    case 'customer':
      if (verb === 'suspend') return '- may not log in (suspended)';
      if (verb === 'resume') return '+ may log in again';
      return verb === 'add' ? '+ the customer' : '- the customer, with all keys and roles';
    case 'key':
      return `${sign} key ${subject.fingerprint} (${says})`;
    case 'role':
      return verb === 'change' ? `~ on ${subject.domain}: ${says}` : `${sign} ${says} on ${subject.domain}`;
    case 'parameter':
      return `${sign} ${subject.name}: ${says}`;
    case 'authority':
      return `${sign} lets in ${says}`;
  }
}
