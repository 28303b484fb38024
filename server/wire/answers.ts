import { DOMAIN_STATES } from '../../policy/domain-state.js';
import { isParameterValue, MOST_PARAMETERS } from '../../policy/boot-parameter.js';
import {
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseParameterName,
} from '../../policy/names.js';
import { REFUSAL_CODES } from '../../policy/refusal.js';
import type { ConsoleNote, Presence, ScreenText } from './console.js';
import { CONSOLE_ENDS, SCREEN_TEXT_LINES } from './console.js';
import type { Contract, ParameterOffer, ProfileOffer } from './contract.js';
import { VERBS, WIRE_VERSION } from './contract.js';
import { MISSING_REASONS, MOST_GONE, MOST_NAMES } from './domain.js';
import type { Change, Configured, DomainView, HostNames, Observation } from './domain.js';
import { parseGuestName } from './guest-name.js';
import type { OperationView, WireRefusal } from './operation.js';
import { OPERATION_PHASES, OPERATION_STEPS } from './operation.js';
import { printable } from '../../policy/printable.js';
import {
  AnswerError,
  fields,
  list,
  number,
  numberOrNull,
  oneOf,
  parsed,
  text,
  textOrNull,
  time,
  timeOrNull,
} from './answer-fields.js';
import type { Fields } from './answer-fields.js';

/**
 * Reads what a dom0 half answers. It is trusted more than the gate, so this is not a defence but a border: past it
 * every field has its type, every name is parsed and every sentence is printable. Fields not known are ignored, as
 * dom0 halves are upgraded first.
 */

const domainName = (from: Fields, key: string) => parsed(parseDomainName(text(from, key)), key);
const profileName = (from: Fields, key: string) => parsed(parseBootProfileName(text(from, key)), key);

/** @throws AnswerError, also for a version that this gate does not speak */
export function readContract(value: unknown): Contract {
  const from = fields(value, 'contract');
  if (from['version'] !== WIRE_VERSION) {
    throw new AnswerError(
      `it speaks version ${printable(String(from['version']), 20)}, this gate speaks ${WIRE_VERSION}`,
    );
  }
  const console = fields(from['console'], 'console');
  const verbs = list(from, 'verbs', 100);
  return {
    version: WIRE_VERSION,
    host: text(from, 'host', 80),
    verbs: VERBS.filter((verb) => verbs.includes(verb)),
    profiles: list(from, 'profiles', 100).map(readProfile),
    names: from['names'] === true,
    console: {
      passesEscape: console['passesEscape'] === true,
      sysrqKeys: list(console, 'sysrqKeys', 36).filter((key): key is string =>
        /^[a-z0-9]$/.test(String(key)),
      ),
      log: console['log'] === true,
      screenText: console['screenText'] === true,
    },
  };
}

function readProfile(value: unknown): ProfileOffer {
  const from = fields(value, 'profile');
  return {
    name: profileName(from, 'name'),
    title: text(from, 'title', 80),
    disks: text(from, 'disks'),
    hint: text(from, 'hint'),
    parameters:
      from['parameters'] === undefined ? [] : list(from, 'parameters', MOST_PARAMETERS).map(readParameter),
  };
}

function readParameter(value: unknown): ParameterOffer {
  const from = fields(value, 'parameter');
  return {
    name: parsed(parseParameterName(text(from, 'name')), 'name'),
    title: text(from, 'title', 80),
    values: from['values'] === null ? null : list(from, 'values', 1000).map((entry) => parameterValue(entry)),
    default: from['default'] === null ? null : parameterValue(from['default']),
  };
}

function parameterValue(value: unknown): string {
  if (typeof value !== 'string' || !isParameterValue(value)) throw new AnswerError('no value of a parameter');
  return value;
}

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
    incarnation: textOrNull(from, 'incarnation'),
    memoryMiB: numberOrNull(from, 'memoryMiB'),
    vcpus: numberOrNull(from, 'vcpus'),
    cpuSeconds: numberOrNull(from, 'cpuSeconds'),
    cpuPercent: numberOrNull(from, 'cpuPercent'),
    profiles: list(from, 'profiles', 100).map((name) =>
      parsed(parseBootProfileName(String(name)), 'profiles'),
    ),
    operation:
      from['operation'] === null || from['operation'] === undefined ? null : readOperation(from['operation']),
    console: oneOf(from, 'console', ['attached', 'detached', 'locked'] as const),
    configured: readConfigured(from['configured']),
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readConfigured(value: unknown): Configured | null {
  if (value === null || value === undefined) return null;
  const from = fields(value, 'configured');
  const uuid = textOrNull(from, 'uuid');
  if (uuid !== null && !UUID.test(uuid)) throw new AnswerError('uuid is none');
  return { uuid, since: timeOrNull(from, 'since') };
}

/** @throws AnswerError */
export function readHostNames(from: Fields): HostNames {
  return {
    others:
      from['others'] === null
        ? null
        : list(from, 'others', MOST_NAMES).map((name) => parsed(parseGuestName(String(name)), 'others')),
    missing: list(from, 'missing', MOST_NAMES).map((one) => {
      const missing = fields(one, 'missing');
      return {
        name: domainName(missing, 'name'),
        since: time(missing, 'since'),
        why: MISSING_REASONS.find((known) => known === missing['why']) ?? 'unreadable',
        ...(missing['note'] === undefined ? {} : { note: text(missing, 'note', 600) }),
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
    id: text(from, 'id', 64),
    domain: domainName(from, 'domain'),
    verb: oneOf(from, 'verb', VERBS),
    profile: from['profile'] === null || from['profile'] === undefined ? null : profileName(from, 'profile'),
    phase: oneOf(from, 'phase', OPERATION_PHASES),
    step: oneOf(from, 'step', OPERATION_STEPS),
    place: number(from, 'place'),
    startedAt: time(from, 'startedAt'),
    deadlineAt: timeOrNull(from, 'deadlineAt'),
    endedAt: timeOrNull(from, 'endedAt'),
    failure:
      from['failure'] === null || from['failure'] === undefined ? null : readWireRefusal(from['failure']),
    by: parsed(parseCustomerName(text(from, 'by')), 'by'),
  };
}

/** @throws AnswerError */
export function readWireRefusal(value: unknown): WireRefusal {
  const from = fields(value, 'refusal');
  return {
    code: oneOf(from, 'code', REFUSAL_CODES),
    message: text(from, 'message'),
    detail: typeof from['detail'] === 'string' ? printable(from['detail'], 2000) : '',
    operation:
      from['operation'] === null || from['operation'] === undefined ? null : readOperation(from['operation']),
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
    case 'ready':
      return { change: 'ready', at: time(from, 'at') };
    case 'beat':
      return { change: 'beat', at: time(from, 'at') };
    default:
      return undefined;
  }
}

function readPresence(value: unknown): Presence {
  const from = fields(value, 'presence');
  return {
    attachment: number(from, 'attachment'),
    label: text(from, 'label', 80),
    mode: oneOf(from, 'mode', ['write', 'watch'] as const),
  };
}

/**
 * @returns undefined for a note that this gate does not know
 * @throws AnswerError
 */
export function readConsoleNote(value: unknown): ConsoleNote | undefined {
  const from = fields(value, 'note');
  switch (from['note']) {
    case 'attached':
      return {
        note: 'attached',
        attachment: number(from, 'attachment'),
        domain: domainName(from, 'domain'),
        mode: oneOf(from, 'mode', ['write', 'watch'] as const),
        present: list(from, 'present', 1000).map(readPresence),
        cols: number(from, 'cols'),
        rows: number(from, 'rows'),
      };
    case 'writer':
      return {
        note: 'writer',
        attachment: numberOrNull(from, 'attachment'),
        label: textOrNull(from, 'label'),
      };
    case 'joined':
    case 'left':
      return { note: from['note'], who: readPresence(from['who']) };
    case 'resized':
      return { note: 'resized', cols: number(from, 'cols'), rows: number(from, 'rows') };
    case 'skipped':
      return { note: 'skipped', bytes: number(from, 'bytes') };
    case 'state':
      return {
        note: 'state',
        state: oneOf(from, 'state', DOMAIN_STATES),
        profile: profileName(from, 'profile'),
        console: oneOf(from, 'console', ['attached', 'detached', 'locked'] as const),
      };
    case 'boot':
      return { note: 'boot', began: time(from, 'began'), silent: from['silent'] === true };
    case 'painted':
      return { note: 'painted' };
    case 'screen':
      return { note: 'screen', screen: readScreenText(from['screen']) };
    case 'ended':
      return { note: 'ended', reason: oneOf(from, 'reason', CONSOLE_ENDS) };
    case 'ping':
    case 'pong':
      return { note: from['note'] };
    default:
      return undefined;
  }
}

function readScreenText(value: unknown): ScreenText | null {
  if (value === null) return null;
  const from = fields(value, 'screen');
  const lines = list(from, 'lines', SCREEN_TEXT_LINES).map((line) => printable(String(line), 1000));
  return { lines, below: from['below'] === true, alternate: from['alternate'] === true };
}

/** One record of dom0's journal, as far as it bears witness for the gate's audit log. */
export interface JournalRecord {
  readonly operation: string;
  readonly auditSeq: number;
  readonly auditHash: string;
}

/**
 * One page of `GET /journal`, without what is not the gate's concern.
 * @throws AnswerError
 */
export function readJournalPage(value: unknown): {
  readonly entries: readonly JournalRecord[];
  readonly next: number | null;
} {
  const from = fields(value, 'journal');
  const entries = list(from, 'entries', 10_000).map((entry) => {
    const record = fields(entry, 'journal entry');
    return {
      operation: text(record, 'operation', 64),
      auditSeq: number(record, 'auditSeq'),
      auditHash: text(record, 'auditHash', 64),
    };
  });
  return { entries, next: numberOrNull(from, 'next') };
}
