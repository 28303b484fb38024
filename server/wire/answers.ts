import { DOMAIN_STATES } from '../../policy/domain-state.js';
import { parseGuestType } from '../../policy/guest-type.js';
import type { ImageName } from '../../policy/names.js';
import { parseCustomerName, parseFingerprint, parseImageName } from '../../policy/names.js';
import { REFUSAL_CODES } from '../../policy/refusal.js';
import {
  AnswerError,
  amount,
  count,
  domainName,
  fields,
  flag,
  label,
  list,
  oneOf,
  orAbsent,
  orNull,
  parsed,
  profileName,
  sentence,
  string,
  text,
  time,
  uuid,
} from './answer-fields.js';
import type { Fields } from './answer-fields.js';
import type { ConsoleReleased } from './console-release.js';
import { VERBS } from './contract.js';
import { readContract } from './contract-answer.js';
import { CONSOLE_STATES, MISSING_REASONS, MOST_GONE, MOST_LOADS, MOST_NAMES } from './domain.js';
import type {
  Change,
  Configured,
  DomainLoad,
  DomainView,
  FirstDisk,
  HostNames,
  IncompleteDisk,
  Observation,
} from './domain.js';
import { parseGuestName } from './guest-name.js';
import type { HostCheck } from './host-check.js';
import { MOST_AS_ROOT } from './host-check.js';
import { LARGEST_JOURNAL_PAGE } from './journal.js';
import type { ClaimedEntry } from './journal.js';
import type { OperationView, WireRefusal, WritingProgress } from './operation.js';
import { OPERATION_PHASES, OPERATION_STEPS } from './operation.js';
import { AT_ENDS, END_HINDRANCES } from './rescue-end.js';
import type { RescueEnd } from './rescue-end.js';
import { TEXT_LIMITS } from './text-limits.js';

/**
 * Reads the answers of a dom0. dom0 is trusted more than the gate, so this is a border and no defence:
 * after it every field has its type, every name is parsed and every sentence is printable. Unknown
 * fields, verbs and reasons are ignored, because dom0 halves are upgraded first. A field that an older
 * dom0 does not send may be absent. `contract-answer.ts` and `console-note.ts` read the rest.
 */

const operation = (from: Fields, key: string) => readOperation(from[key]);

function readObservation(value: unknown): Observation {
  const from = fields(value, 'observation');
  return {
    state: oneOf(from, 'state', DOMAIN_STATES),
    profile: profileName(from, 'profile'),
    since: time(from, 'since'),
    seenAt: time(from, 'seenAt'),
  };
}

/** @throws AnswerError */
export function readDomainView(value: unknown): DomainView {
  const from = fields(value, 'domain');
  return {
    name: domainName(from, 'name'),
    observation: readObservation(from['observation']),
    incarnation: orNull(from, 'incarnation', uuid),
    memoryMiB: orNull(from, 'memoryMiB', amount),
    vcpus: orNull(from, 'vcpus', amount),
    cpuSeconds: orNull(from, 'cpuSeconds', amount),
    cpuPercent: orNull(from, 'cpuPercent', amount),
    ...orAbsent(from, 'type', {}, (_, key) => ({ type: parseGuestType(from[key]) ?? null })),
    ...orAbsent(from, 'textConsole', {}, (_, key) => ({ textConsole: flag(from, key) })),
    profiles: list(from, 'profiles', 100).map((name) => profileName({ name }, 'name')),
    operation: orNull(from, 'operation', operation),
    console: oneOf(from, 'console', CONSOLE_STATES),
    configured: orAbsent(from, 'configured', null, (_, key) => orNull(from, key, readConfigured)),
    ...orAbsent(from, 'rescueEnd', {}, (_, key) => ({ rescueEnd: orNull(from, key, rescueEnd) })),
    ...orAbsent(from, 'rescueHostKey', {}, hostKeyClaim),
    ...orAbsent(from, 'lastEnding', {}, (_, key) => ({ lastEnding: orNull(from, key, operation) })),
    ...orAbsent(from, 'images', {}, (_, key) => ({ images: list(from, key, 100).map(imageName) })),
    ...orAbsent(from, 'firstDisk', {}, (_, key) => ({ firstDisk: readFirstDisk(from[key]) })),
    ...orAbsent(from, 'incompleteDisk', {}, (_, key) => ({ incompleteDisk: readIncompleteDisk(from[key]) })),
  };
}

const rescueEnd = (from: Fields, key: string) => readRescueEnd(from[key]);

/** A guest wrote it, so what is no fingerprint is left out. */
function hostKeyClaim(from: Fields, key: string): Pick<DomainView, 'rescueHostKey'> {
  const rescueHostKey = parseFingerprint(string(from, key));
  return rescueHostKey === undefined ? {} : { rescueHostKey };
}

/**
 * `PUT /domains/NAME/rescue-end`, and inside `DomainView`.
 * @throws AnswerError
 */
export function readRescueEnd(value: unknown): RescueEnd {
  const from = fields(value, 'rescueEnd');
  return {
    operation: uuid(from, 'operation'),
    forSeconds: count(from, 'forSeconds'),
    at: time(from, 'at'),
    // What a newer dom0 does besides is nearest to this: it takes the domain down.
    then: AT_ENDS.find((known) => known === from['then']) ?? 'poweroff',
    retryAt: orNull(from, 'retryAt', time),
    // What hinders the end at a newer dom0 has no words here.
    ...orAbsent(from, 'why', {}, (_, key) => ({
      why: END_HINDRANCES.find((known) => known === from[key]) ?? 'failed',
    })),
  };
}

function imageName(value: unknown): ImageName {
  return parsed(parseImageName(string({ image: value }, 'image')), 'image');
}

function readFirstDisk(value: unknown): FirstDisk {
  const from = fields(value, 'first disk');
  return { vdev: text(from, 'vdev', TEXT_LIMITS.label), bytes: orNull(from, 'bytes', amount) };
}

function readIncompleteDisk(value: unknown): IncompleteDisk {
  const from = fields(value, 'incomplete disk');
  return {
    vdev: text(from, 'vdev', TEXT_LIMITS.label),
    image: imageName(from['image']),
    since: time(from, 'since'),
  };
}

function readConfigured(view: Fields, key: string): Configured {
  const from = fields(view[key], key);
  return { uuid: orNull(from, 'uuid', uuid), since: orNull(from, 'since', time) };
}

/** @throws AnswerError */
function readHostNames(from: Fields): HostNames {
  return {
    others: orNull(from, 'others', (_, key) =>
      list(from, key, MOST_NAMES).map((other) => parsed(parseGuestName(string({ other }, 'other')), key)),
    ),
    missing: list(from, 'missing', MOST_NAMES).map((one) => {
      const missing = fields(one, 'missing');
      return {
        name: domainName(missing, 'name'),
        since: time(missing, 'since'),
        why: MISSING_REASONS.find((known) => known === missing['why']) ?? 'unreadable',
        ...orAbsent(missing, 'note', {}, (_, key) => ({ note: text(missing, key, TEXT_LIMITS.reason) })),
      };
    }),
    gone: list(from, 'gone', MOST_GONE).map((one) => {
      const gone = fields(one, 'gone');
      return { name: domainName(gone, 'name'), at: time(gone, 'at') };
    }),
  };
}

/** @throws AnswerError */
export function readOperation(value: unknown): OperationView {
  const from = fields(value, 'operation');
  return {
    id: uuid(from, 'id'),
    domain: domainName(from, 'domain'),
    verb: oneOf(from, 'verb', VERBS),
    profile: orNull(from, 'profile', profileName),
    phase: oneOf(from, 'phase', OPERATION_PHASES),
    step: oneOf(from, 'step', OPERATION_STEPS),
    place: count(from, 'place'),
    startedAt: time(from, 'startedAt'),
    deadlineAt: orNull(from, 'deadlineAt', time),
    endedAt: orNull(from, 'endedAt', time),
    failure: orNull(from, 'failure', readFailure),
    by: parsed(parseCustomerName(string(from, 'by')), 'by'),
    ...orAbsent(from, 'image', {}, (_, key) => ({ image: imageName(from[key]) })),
    ...orAbsent(from, 'progress', {}, (_, key) => ({ progress: readProgress(from[key]) })),
    ...orAbsent(from, 'unrecorded', {}, (_, key) => ({ unrecorded: flag(from, key) })),
    ...(from['cause'] === 'rescue-end' ? { cause: 'rescue-end' as const } : {}),
  };
}

function readProgress(value: unknown): WritingProgress {
  const from = fields(value, 'progress');
  return {
    done: count(from, 'done'),
    total: count(from, 'total'),
    secondsLeft: orNull(from, 'secondsLeft', amount),
  };
}

/** The failure of an operation holds no other operation, so that nesting ends here. */
function readFailure(view: Fields, key: string): WireRefusal {
  const from = fields(view[key], key);
  if (from['operation'] !== null) throw new AnswerError('an operation is within the failure of an operation');
  return { ...readRefused(from), operation: null };
}

/** @throws AnswerError */
export function readWireRefusal(value: unknown): WireRefusal {
  const from = fields(value, 'refusal');
  return { ...readRefused(from), operation: orNull(from, 'operation', operation) };
}

function readRefused(from: Fields): Omit<WireRefusal, 'operation'> {
  return {
    code: oneOf(from, 'code', REFUSAL_CODES),
    message: sentence(from, 'message'),
    detail: text(from, 'detail', TEXT_LIMITS.detail),
  };
}

/**
 * @returns undefined for a kind of change that this gate does not know
 * @throws AnswerError
 */
export function readChange(value: unknown): Change | undefined {
  const from = fields(value, 'change');
  switch (from['change']) {
    case 'domain':
      return { change: 'domain', domain: readDomainView(from['domain']) };
    case 'gone':
      return { change: 'gone', name: domainName(from, 'name') };
    case 'operation':
      return { change: 'operation', operation: readOperation(from['operation']) };
    case 'names':
      return { change: 'names', ...readHostNames(from) };
    case 'contract':
      return { change: 'contract', contract: readContract(from['contract']) };
    case 'looked':
      return {
        change: 'looked',
        at: time(from, 'at'),
        loads: list(from, 'loads', MOST_LOADS).map(readLoad),
      };
    case 'ready':
      return { change: 'ready', at: time(from, 'at') };
    case 'beat':
      return { change: 'beat', at: time(from, 'at') };
    default:
      return undefined;
  }
}

function readLoad(value: unknown): DomainLoad {
  if (!Array.isArray(value)) throw new AnswerError('a load is no list');
  const [name, cpuSeconds, cpuPercent] = value as readonly unknown[];
  const from = { name, cpuSeconds, cpuPercent };
  return [domainName(from, 'name'), orNull(from, 'cpuSeconds', amount), orNull(from, 'cpuPercent', amount)];
}

/** One record of dom0's journal: only what proves something about the gate's audit log. */
export type JournalRecord = Pick<ClaimedEntry, 'operation' | 'auditSeq' | 'auditHash'>;

/**
 * One page of `GET /journal`. Reads only what proves something about the audit log: old records stay valid,
 * even when the rules for names and verbs have changed since.
 * @throws AnswerError
 */
export function readJournalPage(value: unknown): {
  readonly entries: readonly JournalRecord[];
  readonly next: number | null;
} {
  const from = fields(value, 'journal');
  const entries = list(from, 'entries', LARGEST_JOURNAL_PAGE).map((entry) => {
    const record = fields(entry, 'journal entry');
    return {
      operation: label(record, 'operation'),
      auditSeq: count(record, 'auditSeq'),
      auditHash: label(record, 'auditHash'),
    };
  });
  return { entries, next: orNull(from, 'next', count) };
}

/**
 * `PUT /domains/NAME/console`.
 * @throws AnswerError
 */
export function readConsoleReleased(value: unknown): ConsoleReleased {
  return { until: orNull(fields(value, 'release'), 'until', time) };
}

/**
 * `GET /check`.
 * @throws AnswerError
 */
export function readHostCheck(value: unknown): HostCheck {
  const from = fields(value, 'check');
  const toolstack = fields(from['toolstack'], 'toolstack');
  return {
    toolstack: {
      age: orNull(toolstack, 'age', amount),
      problem: orNull(toolstack, 'problem', sentence),
    },
    folders: list(from, 'folders', 20).map((one) => {
      const folder = fields(one, 'folder');
      return {
        what: label(folder, 'what'),
        free: orNull(folder, 'free', amount),
        size: orNull(folder, 'size', amount),
        problem: orNull(folder, 'problem', sentence),
      };
    }),
    bootloaderAsRoot: list(from, 'bootloaderAsRoot', MOST_AS_ROOT).map((name) =>
      domainName({ name }, 'name'),
    ),
    ...orAbsent(from, 'seeds', {}, (_, key) => ({
      seeds: { problem: orNull(fields(from[key], key), 'problem', sentence) },
    })),
    ...orAbsent(from, 'rescueHostKeys', {}, (_, key) => ({
      rescueHostKeys: { problem: orNull(fields(from[key], key), 'problem', sentence) },
    })),
  };
}
