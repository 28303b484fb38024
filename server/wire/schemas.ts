import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { isParameterValue, MOST_PARAMETERS } from '../../policy/boot-parameter.js';
import { DOMAIN_STATES } from '../../policy/domain-state.js';
import {
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseParameterName,
} from '../../policy/names.js';
import { isPrintable } from '../../policy/printable.js';
import { REFUSAL_CODES, refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import { CONSOLE_ENDS, SCREEN_TEXT_LINES } from './console.js';
import type { ConsoleNote, ConsoleRequest } from './console.js';
import { MOST_RELEASE_SECONDS } from './console-release.js';
import type { ConsoleRelease, ConsoleReleased } from './console-release.js';
import { MOST_UNMANAGED, VERBS, WIRE_VERSION } from './contract.js';
import type { Contract } from './contract.js';
import { MISSING_REASONS, MOST_GONE, MOST_NAMES } from './domain.js';
import type { Change, DomainList, DomainView } from './domain.js';
import { parseGuestName } from './guest-name.js';
import type { JournalPage } from './journal.js';
import type { HostCheck } from './host-check.js';
import { MOST_AS_ROOT } from './host-check.js';
import type { LogSwitch } from './log.js';
import { OPERATION_PHASES, OPERATION_STEPS } from './operation.js';
import type { OperationRequest, OperationView, WireRefusal } from './operation.js';

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: false });

/** Names are checked by the one parser that makes them, so that schema and brand cannot differ. */
ajv.addFormat('domain-name', (text) => parseDomainName(text) !== undefined);
ajv.addFormat('guest-name', (text) => parseGuestName(text) !== undefined);
ajv.addFormat('customer-name', (text) => parseCustomerName(text) !== undefined);
ajv.addFormat('profile-name', (text) => parseBootProfileName(text) !== undefined);
ajv.addFormat('parameter-name', (text) => parseParameterName(text) !== undefined);
ajv.addFormat('parameter-value', isParameterValue);
ajv.addFormat('fingerprint', (text) => parseFingerprint(text) !== undefined);
ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
ajv.addFormat('sha256', /^[0-9a-f]{64}$/);
ajv.addFormat('time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
ajv.addFormat('printable', isPrintable);

const text = (maxLength: number) => ({ type: 'string', maxLength, format: 'printable' });
const format = (name: string) => ({ type: 'string', maxLength: 200, format: name });
const nullable = <T extends { type: string }>(schema: T) => ({ ...schema, type: [schema.type, 'null'] });
const count = { type: 'integer', minimum: 0 };
const amount = nullable({ type: 'number', minimum: 0 });

/** All but the optional properties are required. Unknown ones are errors from a gate, and ignored from a newer dom0. */
function object(
  properties: Record<string, object>,
  unknown: 'refused' | 'ignored' = 'ignored',
  optional: readonly string[] = [],
) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return {
    type: 'object',
    required,
    properties,
    ...(unknown === 'refused' ? { additionalProperties: false } : {}),
  };
}

const actor = object(
  {
    customer: format('customer-name'),
    fingerprint: format('fingerprint'),
    source: text(64),
    auditSeq: count,
    auditHash: format('sha256'),
  },
  'refused',
);

const operationRequest = object(
  {
    id: format('uuid'),
    domain: format('domain-name'),
    verb: { enum: VERBS },
    profile: nullable(format('profile-name')),
    parameters: {
      type: 'object',
      maxProperties: MOST_PARAMETERS,
      propertyNames: format('parameter-name'),
      additionalProperties: format('parameter-value'),
    },
    key: { type: ['string', 'null'], pattern: '^[0-9a-z]$' },
    actor,
  },
  'refused',
  ['parameters'],
);

/** A refusal inside an operation's view never carries another view: the nesting ends here. */
const refusalProperties = { code: { enum: REFUSAL_CODES }, message: text(300), detail: text(1000) };
const consoleRelease = object(
  {
    seconds: { type: 'integer', minimum: 0, maximum: MOST_RELEASE_SECONDS },
    admin: { ...text(64), minLength: 1 },
  },
  'refused',
);
const consoleReleased = object({ until: nullable(format('time')) });
const logSwitch = object({ keep: { type: 'boolean' }, actor }, 'refused');
const endedFailure = {
  ...object({ ...refusalProperties, operation: { type: 'null' } }),
  type: ['object', 'null'],
};

const operationView = object(
  {
    id: format('uuid'),
    domain: format('domain-name'),
    verb: { enum: VERBS },
    profile: nullable(format('profile-name')),
    phase: { enum: OPERATION_PHASES },
    step: { enum: OPERATION_STEPS },
    place: count,
    startedAt: format('time'),
    deadlineAt: nullable(format('time')),
    endedAt: nullable(format('time')),
    failure: endedFailure,
    by: format('customer-name'),
    unrecorded: { type: 'boolean' },
  },
  'ignored',
  ['unrecorded'],
);

const wireRefusal = object({
  ...refusalProperties,
  operation: { ...operationView, type: ['object', 'null'] },
});

const consoleStates = { enum: ['attached', 'detached', 'locked'] };

const configured = {
  ...object({ uuid: nullable(format('uuid')), since: nullable(format('time')) }),
  type: ['object', 'null'],
};

const domainView = object(
  {
    name: format('domain-name'),
    observation: object({
      state: { enum: DOMAIN_STATES },
      profile: format('profile-name'),
      since: format('time'),
      seenAt: format('time'),
    }),
    incarnation: nullable(format('uuid')),
    memoryMiB: amount,
    vcpus: amount,
    cpuSeconds: amount,
    cpuPercent: amount,
    profiles: { type: 'array', maxItems: 100, items: format('profile-name') },
    operation: { ...operationView, type: ['object', 'null'] },
    console: consoleStates,
    configured,
  },
  'ignored',
  ['configured'],
);

const domainList = object({
  at: format('time'),
  domains: { type: 'array', maxItems: 10_000, items: domainView },
});

const parameterOffer = object({
  name: format('parameter-name'),
  title: text(200),
  values: { type: ['array', 'null'], maxItems: 1000, items: format('parameter-value') },
  default: nullable(format('parameter-value')),
});

const profileOffer = object(
  {
    name: format('profile-name'),
    title: text(200),
    disks: text(500),
    hint: text(500),
    parameters: { type: 'array', maxItems: MOST_PARAMETERS, items: parameterOffer },
  },
  'ignored',
  ['parameters'],
);

const contract = object(
  {
    version: { type: 'integer', minimum: 1, maximum: WIRE_VERSION + 1 },
    host: text(255),
    verbs: { type: 'array', maxItems: 100, items: text(32) },
    profiles: {
      type: 'array',
      maxItems: 100,
      items: profileOffer,
    },
    console: object(
      {
        passesEscape: { type: 'boolean' },
        sysrqKeys: { type: 'array', maxItems: 36, items: { type: 'string', pattern: '^[0-9a-z]$' } },
        log: { type: 'boolean' },
        screenText: { type: 'boolean' },
      },
      'ignored',
      ['log', 'screenText'],
    ),
    names: { type: 'boolean' },
    troubles: { type: 'array', maxItems: 100, items: text(300) },
    unmanaged: {
      type: 'array',
      maxItems: MOST_UNMANAGED,
      items: object({ file: text(255), why: text(600) }),
    },
  },
  'ignored',
  ['names', 'troubles', 'unmanaged'],
);

const tagged = (
  tag: string,
  value: string | readonly string[],
  properties: Record<string, object> = {},
  optional: readonly string[] = [],
) =>
  object(
    { [tag]: typeof value === 'string' ? { const: value } : { enum: value }, ...properties },
    'ignored',
    optional,
  );

const change = {
  oneOf: [
    tagged('change', 'domain', { domain: domainView }),
    tagged('change', 'gone', { name: format('domain-name') }),
    tagged('change', 'operation', { operation: operationView }),
    tagged('change', 'names', {
      others: { type: ['array', 'null'], maxItems: MOST_NAMES, items: format('guest-name') },
      missing: {
        type: 'array',
        maxItems: MOST_NAMES,
        items: object(
          {
            name: format('domain-name'),
            since: format('time'),
            why: { enum: MISSING_REASONS },
            note: text(600),
          },
          'ignored',
          ['note'],
        ),
      },
      gone: {
        type: 'array',
        maxItems: MOST_GONE,
        items: object({ name: format('domain-name'), at: format('time') }),
      },
    }),
    tagged('change', ['ready', 'beat'], { at: format('time') }),
  ],
};

const journalPage = object({
  entries: {
    type: 'array',
    maxItems: 1000,
    items: object({
      seq: count,
      at: format('time'),
      operation: format('uuid'),
      domain: format('domain-name'),
      verb: { enum: VERBS },
      customer: format('customer-name'),
      auditSeq: count,
      auditHash: format('sha256'),
    }),
  },
  next: { type: ['integer', 'null'], minimum: 0 },
});

const mode = { enum: ['write', 'watch'] };
const size = { type: 'integer', minimum: 1, maximum: 1000 };
const presence = object({ attachment: count, label: text(100), mode });

const screenText = {
  ...object({
    lines: { type: 'array', minItems: 1, maxItems: SCREEN_TEXT_LINES, items: text(1000) },
    below: { type: 'boolean' },
    alternate: { type: 'boolean' },
  }),
  type: ['object', 'null'],
};

const consoleNote = {
  oneOf: [
    tagged('note', 'attached', {
      attachment: count,
      domain: format('domain-name'),
      mode,
      present: { type: 'array', maxItems: 1000, items: presence },
      cols: size,
      rows: size,
    }),
    tagged('note', 'writer', { attachment: { type: ['integer', 'null'] }, label: nullable(text(100)) }),
    tagged('note', ['joined', 'left'], { who: presence }),
    tagged('note', 'resized', { cols: size, rows: size }),
    tagged('note', 'skipped', { bytes: count }),
    tagged('note', 'state', {
      state: { enum: DOMAIN_STATES },
      profile: format('profile-name'),
      console: consoleStates,
    }),
    tagged('note', 'boot', { began: format('time'), silent: { type: 'boolean' } }),
    tagged('note', 'painted'),
    tagged('note', 'screen', { screen: screenText }),
    tagged('note', 'ended', { reason: { enum: CONSOLE_ENDS } }),
    tagged('note', ['ping', 'pong']),
  ],
};

const consoleRequest = {
  oneOf: [
    tagged('note', 'credit', { bytes: { type: 'integer', minimum: 0, maximum: 1 << 24 } }),
    tagged('note', 'resize', { cols: size, rows: size, told: { const: true } }, ['told']),
    tagged('note', ['takeover', 'release', 'repaint', 'screen']),
    tagged('note', ['ping', 'pong']),
  ],
};

/**
 * Checks one kind of message that came over the socket.
 *
 * @returns the value, typed, or a refusal `usage` whose detail says where it is wrong
 */
export type Parser<T> = (value: unknown) => T | Refusal;

function parser<T>(what: string, schema: object): Parser<T> {
  let validate: ValidateFunction<T> | undefined;
  return (value) => {
    validate ??= ajv.compile<T>(schema);
    if (validate(value)) return value;
    const first = validate.errors?.[0];
    const where =
      first?.instancePath === '' ? 'it' : (first?.instancePath.slice(1).replaceAll('/', '.') ?? 'it');
    return refusal('usage', `This is not ${what}.`, `not ${what}: ${where} ${first?.message ?? 'is wrong'}`);
  };
}

export const parseOperationRequest = parser<OperationRequest>('an operation request', operationRequest);
export const parseLogSwitch = parser<LogSwitch>('a switch of the log', logSwitch);
export const parseConsoleRelease = parser<ConsoleRelease>('a release of a console', consoleRelease);
export const parseConsoleReleased = parser<ConsoleReleased>('a console that is released', consoleReleased);
export const parseOperationView = parser<OperationView>('an operation', operationView);
export const parseWireRefusal = parser<WireRefusal>('a refusal', wireRefusal);
export const parseContract = parser<Contract>('a contract', contract);
export const parseDomainView = parser<DomainView>('a domain', domainView);
export const parseDomainList = parser<DomainList>('a list of domains', domainList);
export const parseChange = parser<Change>('a change', change);
export const parseJournalPage = parser<JournalPage>('a page of the journal', journalPage);
export const parseConsoleNote = parser<ConsoleNote>('a console note', consoleNote);
export const parseConsoleRequest = parser<ConsoleRequest>('a console request', consoleRequest);

const hostCheck = object({
  toolstack: object({ age: amount, problem: nullable(text(1000)) }),
  folders: {
    type: 'array',
    maxItems: 20,
    items: object({ what: text(100), free: amount, size: amount, problem: nullable(text(300)) }),
  },
  bootloaderAsRoot: { type: 'array', maxItems: MOST_AS_ROOT, items: format('domain-name') },
});

export const parseHostCheck = parser<HostCheck>('a check of the host', hostCheck);
