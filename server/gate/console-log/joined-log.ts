import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { Patience } from '../../wire/patience.js';
import type { FormerHost } from '../hosts/domain-registry.js';
import type { HostLink } from '../hosts/host-link.js';
import type { LogHeadSpan, LogSpansAnswer } from '../hosts/log-answer.js';
import type { OpenedLog } from './opened-log.js';

/** The host of a part. */
type LogHost = Pick<HostLink, 'name' | 'log' | 'reachable'>;

/**
 * A stretch of one host's log. `from` and `to` are the host's positions; `at` is where it stands in the joined
 * log.
 */
export interface LogPart {
  readonly host: LogHost;
  /** The UUID by which the host finds this log; null: the log of the domain that it manages. */
  readonly uuid: string | null;
  readonly from: number;
  /** Null: the log goes on. */
  readonly to: number | null;
  readonly at: number;
}

/** A boot in the joined log, whose positions these are. */
export interface JoinedBoot {
  /** ISO 8601; null when it was before the role began. */
  readonly began: string | null;
  readonly profile: string;
  readonly from: number;
  /** Null: it goes on. */
  readonly to: number | null;
}

/**
 * The logs of all hosts on which a domain ran, as one. Each host keeps what its console said. A domain runs on one
 * host at a time, so its boots are put in the order of their beginnings. Positions of the joined log count its
 * bytes; the first one is the host's own.
 */
export interface JoinedLog {
  /** Oldest first, never empty. The last is the log of the host where the domain is now. */
  readonly parts: readonly LogPart[];
  /** Oldest first; null where the host does not tell which boots are where. */
  readonly boots: readonly JoinedBoot[] | null;
  /** The names of the hosts whose part is missing, because they do not answer or are too old. */
  readonly missing: readonly string[];
}

/** How long a former host may take to tell its boots. */
const PATIENCE_MS = 2_000;

interface Told {
  readonly host: LogHost;
  readonly uuid: string | null;
  readonly answer: LogSpansAnswer;
}

/**
 * Joins the logs. Nobody waits for a host that is silent.
 *
 * @param former where else the domain ran
 * @param uuids the one that its configuration sets returns with each boot, so it proves no migration; `present`
 *   is of what runs now
 * @param since leaves out everything before this time, milliseconds since 1970
 */
export async function joinedLog(
  { demanded, host }: OpenedLog,
  former: readonly FormerHost[],
  uuids: { readonly fixed: string | null; readonly present: string | null },
  since: number | null = null,
): Promise<JoinedLog | Refusal> {
  const whole = { host, uuid: null, from: 0, to: null, at: 0 };
  if (former.length === 0) return { parts: [whole], boots: null, missing: [] };
  const [own, ...others] = await Promise.all([
    host.log.spans(demanded, { since }),
    ...former.map(({ link, uuid }) =>
      link?.reachable === true ? inTime(link.log.spans(demanded, { since, uuid })) : null,
    ),
  ]);
  if (isRefusal(own)) return own;
  const missing: string[] = [];
  const told: Told[] = [];
  former.forEach(({ name, link, uuid }, index) => {
    const answer = others[index] ?? null;
    // A host that was taken out of the settings is nobody's any more.
    if (link === null) return;
    const isSilent = !link.reachable || answer === 'late' || isRefusal(answer);
    // An older half never tells. What ran there before the last boot is not worth a sentence each time.
    const isOld = own === null || !link.log.tellsSpans;
    if (isOld ? uuid === uuids.present : isSilent) missing.push(name);
    else if (!isOld && answer !== null && answer !== 'late' && !isRefusal(answer))
      told.push({ host: link, uuid, answer });
  });
  if (own === null) {
    return { parts: [whole], boots: null, missing };
  }
  return { ...join({ host, uuid: null, answer: own }, told, uuids.fixed), missing };
}

/** A host that answers other questions may hang at this one: then its part is missing. */
async function inTime<T>(answer: Promise<T>): Promise<T | 'late'> {
  let patience: Patience | undefined;
  const late = new Promise<'late'>((resolve) => {
    patience = new Patience(PATIENCE_MS, () => {
      resolve('late');
    });
  });
  return Promise.race([answer, late]).finally(() => {
    patience?.stop();
  });
}

function join(own: Told, others: readonly Told[], fixedUuid: string | null): Omit<JoinedLog, 'missing'> {
  const parts: LogPart[] = [];
  const boots: JoinedBoot[] = [];
  let end = own.answer.start;
  let last: { readonly told: Told; readonly span: LogHeadSpan } | null = null;
  const add = (told: Told, from: number, to: number): void => {
    const before = parts.at(-1);
    if (before?.host === told.host && before.uuid === told.uuid) parts[parts.length - 1] = { ...before, to };
    else parts.push({ host: told.host, uuid: told.uuid, from, to, at: end });
    end += to - from;
  };
  for (const { told, span } of inOrder([own, ...others])) {
    // What stands before a host's first boot belongs to it.
    const from = span === told.answer.spans[0] ? told.answer.start : span.from;
    const begins = end + span.from - from;
    add(told, from, span.to);
    const goesOn =
      last !== null &&
      last.told !== told &&
      span.uuid !== null &&
      span.uuid === last.span.uuid &&
      span.uuid !== fixedUuid;
    const before = boots.at(-1);
    if (goesOn && before !== undefined) boots[boots.length - 1] = { ...before, to: end };
    else boots.push({ began: span.began, profile: span.profile, from: begins, to: end });
    last = { told, span };
  }
  const final = parts.at(-1);
  if (final?.host !== own.host || final.uuid !== null)
    add(own, own.answer.spans.length === 0 ? own.answer.start : own.answer.end, own.answer.end);
  return { parts: openEnded(parts), boots: openEnded(boots) };
}

/** The boots of all hosts by their beginnings; each host's own stay in their order. */
function* inOrder(all: readonly Told[]): Generator<{ readonly told: Told; readonly span: LogHeadSpan }> {
  const rest = all.map((told) => ({ told, spans: [...told.answer.spans] }));
  for (;;) {
    const [first] = rest
      .filter(({ spans }) => spans.length > 0)
      .sort((one, other) => (one.spans[0]?.at ?? 0) - (other.spans[0]?.at ?? 0));
    const span = first?.spans.shift();
    if (first === undefined || span === undefined) return;
    yield { told: first.told, span };
  }
}

function openEnded<T extends { readonly to: number | null }>(all: readonly T[]): readonly T[] {
  return all.map((one, index) => (index === all.length - 1 ? { ...one, to: null } : one));
}

/** The host's position at a position of the joined log, which must stand in this part. */
export function localOf(part: LogPart, position: number): number {
  return part.from + position - part.at;
}

export function joinedOf(part: LogPart, local: number): number {
  return part.at + local - part.from;
}

/** Where a part ends in the joined log; null: it goes on. */
export function endOf(part: LogPart): number | null {
  return part.to === null ? null : joinedOf(part, part.to);
}
