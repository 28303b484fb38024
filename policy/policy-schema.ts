import { ACTIONS, COUNTED_ACTIONS, LASTING_ACTIONS } from './actions.js';
import { KNOWN_STATES } from './conditions.js';
import { KEY_TYPES } from './key-types.js';
import { RECORDED } from './recorded.js';
import { ROLES } from './roles.js';
import type { SchemaValue } from './schema-value.js';
import { TIME_WINDOW_WORDS } from './time-window.js';

/**
 * The policy language as JSON Schema draft 2020-12. The loader checks what a schema cannot: whether a group
 * exists, whether an id is unique. `patternErrorMessage` and `errorMessage` are sentences for people. Editors
 * that know VS Code's JSON vocabulary show them too.
 */

/** `all` in a list of actions stands for every action. */
export const ALL = 'all';

const WORD = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,63}$',
  patternErrorMessage: 'small letters, digits and -, beginning with a letter, at most 64',
} as const;

const list = <const I extends object>(items: I, description: string) =>
  ({ type: 'array', minItems: 1, uniqueItems: true, items, description }) as const;

const LOGIN = {
  type: 'string',
  pattern: '^[a-z_][a-z0-9_.-]{0,31}$',
  patternErrorMessage: 'a login: small letters, digits, _ . -, beginning with a letter or _, at most 32',
} as const;

const CUSTOMER_GLOB = {
  type: 'string',
  pattern: '^[a-z0-9_.*?-]{1,64}$',
  patternErrorMessage:
    'a login (small letters, digits, _ . -) or a glob of it, where * is any text and ? one character',
} as const;

const DOMAIN_GLOB = {
  type: 'string',
  pattern: '^[A-Za-z0-9._+*?-]{1,64}$',
  patternErrorMessage:
    'a domain name (letters, digits, . _ + -) or a glob of it, where * is any text and ? one character',
} as const;

const WHO = {
  customers: list(
    CUSTOMER_GLOB,
    'Logins of customers, or globs of them. Adds up with `groups`. Left out together with `groups`: every customer.',
  ),
  groups: list(WORD, 'Groups of customers from `groups:` of the document. Adds up with `customers`.'),
  roles: list(
    { type: 'string', enum: [...ROLES] },
    'The role that the customer must have on the domain. Left out: any role. Asked as well as `customers` and `groups`.',
  ),
} as const;

const WHICH = {
  domains: list(
    DOMAIN_GLOB,
    'Names of domains, or globs of them. Adds up with `tags`. Left out together with `tags`: every domain.',
  ),
  tags: list(WORD, 'Tags from `tags:` of the document. Adds up with `domains`.'),
} as const;

const ID = {
  ...WORD,
  description:
    'A name for the audit log and for `postern policy explain`. Left out: made from its place, like `rules[3]`.',
} as const;

const REASON = {
  type: 'string',
  minLength: 1,
  maxLength: 300,
} as const;

const PROFILE = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  patternErrorMessage:
    'the name of a profile: small letters, digits and -, beginning with a letter, at most 32',
} as const;

const SYSRQ_KEY = {
  type: 'string',
  pattern: '^[a-z0-9]$',
  patternErrorMessage: 'one small letter or digit',
} as const;

const WHEN = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    from: list(
      { type: 'string', minLength: 2, maxLength: 64 },
      'Networks or addresses that the customer comes from: `203.0.113.0/24`, `2001:db8::/32`. An IPv4 address written as IPv6 is the IPv4 address.',
    ),
    times: list(
      {
        type: 'string',
        pattern: '^[A-Za-z0-9:, -]{3,60}$',
        patternErrorMessage: TIME_WINDOW_WORDS,
      },
      'Times of the week by the clock of `zone`: days, times or both, like `mon-fri 08:00-18:00`, `sat,sun` or `22:00-06:00`. One over midnight belongs to the day that it begins on.',
    ),
    zone: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description:
        'The time zone of `times`, by its name in the IANA database: `Europe/Berlin`. Left out: `UTC`.',
    },
    states: list(
      { type: 'string', enum: [...KNOWN_STATES] },
      'The state of the domain at that moment. An unknown state is none of them.',
    ),
    booted: list(PROFILE, 'The boot profiles that the domain runs at that moment; `normal` is its own boot.'),
  },
} as const;

const actionList = (description: string) => list({ type: 'string', enum: [...ACTIONS, ALL] }, description);

const ALLOW_OR_DENY = [
  { required: ['allow'], properties: { allow: true } },
  { required: ['deny'], properties: { deny: true } },
] as const;

const RULE = {
  type: 'object',
  additionalProperties: false,
  oneOf: ALLOW_OR_DENY,
  errorMessage: 'A rule says either `allow` or `deny`, one of the two.',
  properties: {
    id: ID,
    allow: actionList(
      'The actions that this rule allows; `all` is each of them but `reinstall` and `notify`, which must be named.',
    ),
    deny: actionList('The actions that this rule denies; `all` is each of them.'),
    ...WHO,
    ...WHICH,
    profiles: list(
      PROFILE,
      'For `rescue` only: the rescue profiles, by their names in dom0.yaml. Left out: every profile. It does not narrow other actions.',
    ),
    images: list(
      PROFILE,
      'For `reinstall` only: the system images, by their names in dom0.yaml. Left out: every image. It does not narrow other actions.',
    ),
    sysrqKeys: list(
      SYSRQ_KEY,
      'For `sysrq` only: some of the keys that dom0.yaml lets through, like `s` or `b`. Left out: each of them. It does not narrow other actions.',
    ),
    when: {
      ...WHEN,
      description:
        'Conditions: all given ones must be met. An unknown fact meets the conditions of a rule that denies, and none of a rule that allows.',
    },
    reason: {
      ...REASON,
      description: 'For `deny`: the sentence that the customer reads, 1 to 300 characters.',
    },
  },
} as const;

const LIMIT = {
  type: 'object',
  additionalProperties: false,
  required: ['actions', 'count'],
  oneOf: [
    { required: ['within'], properties: { within: true } },
    { required: ['atOnce'], properties: { atOnce: true } },
  ],
  errorMessage: 'A limit says either `within` what time, or `atOnce: true`, one of the two.',
  properties: {
    id: { ...ID, description: ID.description.replace('rules[3]', 'limits[3]') },
    actions: list(
      { type: 'string', enum: [...COUNTED_ACTIONS, ...LASTING_ACTIONS, ALL] },
      'The actions that are counted, together. `within` a time only those can be that change a domain, `atOnce` only `console` and `watch`; `all` is each of them.',
    ),
    per: {
      type: 'string',
      enum: ['domain', 'customer', 'source'],
      default: 'domain',
      description:
        'Whose requests are counted together: those for one domain, by anybody; those of one customer, for all their domains; or those from one address, by anybody. An IPv6 /64 is one address.',
    },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'How many are allowed in the window, or at once.',
    },
    within: {
      type: 'string',
      pattern: '^[1-9][0-9]{0,6}[smhd]$',
      patternErrorMessage: 'a number and a unit, like 90s, 15m, 1h or 7d',
      description: 'The sliding window: a number with `s`, `m`, `h` or `d`, at most 366d.',
    },
    atOnce: {
      type: 'boolean',
      const: true,
      description: 'Instead of `within`: how many consoles there may be at the same time.',
    },
    ...WHO,
    ...WHICH,
    when: {
      ...WHEN,
      description: 'Conditions under which it applies: all given ones must be met, or unknown.',
    },
    reason: {
      ...REASON,
      description: 'A sentence that the customer reads before the limit itself, 1 to 300 characters.',
    },
  },
} as const;

const IDLE = {
  type: 'string',
  pattern: '^(never|[1-9][0-9]{0,6}[smhd])$',
  patternErrorMessage: 'a number and a unit, like 90s, 15m or 1h, or `never`',
} as const;

const SESSION = {
  type: 'object',
  additionalProperties: false,
  required: ['count'],
  properties: {
    ...WHO,
    roles: {
      ...WHO.roles,
      description: 'A role that the customer must hold on at least one domain. Left out: not asked for.',
    },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description: 'How many sessions a customer may have open at once.',
    },
    connections: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description:
        'How many connections a customer may have open at once, each with sessions of its own or without one. Left out: `login.connectionsPerCustomer` of gate.yaml.',
    },
    idle: {
      ...IDLE,
      description:
        'How long a menu may stand without a key: a number with `s`, `m`, `h` or `d`, at most 366d, or `never`. Left out: `menu.idleSeconds` of gate.yaml.',
    },
  },
} as const;

const CONSOLE = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...WHO,
    ...WHICH,
    idle: {
      ...IDLE,
      description:
        'How long a console may stand without a key: a number with `s`, `m`, `h` or `d`, at most 366d, or `never`. Left out: `console.idleSeconds` of gate.yaml.',
    },
    logOut: {
      type: 'boolean',
      description:
        'Whether the gate sends a Ctrl-D to a console that a customer leaves at a screen like a shell prompt. Left out: `console.logOut` of gate.yaml.',
    },
    record: {
      type: 'string',
      enum: [...RECORDED],
      description:
        'What a recording of a visit has ([recording.md](recording.md)): `output`, the screen; `input`, the typed keys as well, passwords too; `off`, there is none. Left out: `off`.',
    },
  },
} as const;

const RESCUE = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...WHO,
    ...WHICH,
    profiles: list(PROFILE, 'The rescue profiles, by their names in dom0.yaml. Left out: every profile.'),
    default: {
      type: 'string',
      pattern: '^[1-9][0-9]{0,6}[smhd]$',
      patternErrorMessage: 'a number and a unit, like 90m, 8h or 2d',
      description:
        'How long a rescue lasts when the customer names no length: a number with `s`, `m`, `h` or `d`, at most 366d. Left out: `maximum`.',
    },
    maximum: {
      type: 'string',
      pattern: '^[1-9][0-9]{0,6}[smhd]$',
      patternErrorMessage: 'a number and a unit, like 90m, 24h or 7d',
      description:
        'How long a rescue may last from its boot, extensions included: at most 366d. Left out: as long as the customer asks.',
    },
  },
} as const;

const KEY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...WHO,
    roles: {
      ...WHO.roles,
      description: 'A role that the customer must hold on at least one domain. Left out: not asked for.',
    },
    types: list(
      { type: 'string', enum: [...KEY_TYPES] },
      'The types of keys that may be used. Left out: all that the gate takes.',
    ),
    rsaBits: {
      type: 'integer',
      minimum: 2048,
      maximum: 16_384,
      description:
        'The least bits of an RSA key. For new keys `keys.rsaMinimumBits` of gate.yaml holds as well.',
    },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      description: 'How many keys a customer may add up to. Left out: `keys.perCustomer` of gate.yaml.',
    },
    expires: {
      type: 'string',
      pattern: '^[1-9][0-9]{0,6}[smhd]$',
      patternErrorMessage: 'a number and a unit, like 90d or 365d',
      description:
        'How long a key works after it was added: a number with `s`, `m`, `h` or `d`, at most 3660d. Left out: as long as it is there.',
    },
    verified: {
      type: 'boolean',
      default: false,
      description:
        'Whether only security keys may log in, and must verify their user at each login, by PIN or fingerprint. A touch is always required.',
    },
  },
} as const;

const TEST = {
  type: 'object',
  additionalProperties: false,
  required: ['customer', 'role', 'domain'],
  oneOf: ALLOW_OR_DENY,
  errorMessage: 'A test expects either `allow` or `deny`, one of the two.',
  properties: {
    customer: { ...LOGIN, description: 'The customer who asks. Need not exist.' },
    role: {
      type: 'string',
      enum: [...ROLES],
      description: 'The role that the customer has on the domain, for the test.',
    },
    domain: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$',
      patternErrorMessage: 'a domain name: letters, digits, . _ + -, beginning with a letter or digit',
      description: 'The domain. Need not exist.',
    },
    allow: actionList(
      'The actions that must be allowed; `all` is each of them but `extend`, `reinstall` and `notify`, which version 1.0.0 did not have.',
    ),
    deny: actionList('The actions that must be denied; `all` is each of them.'),
    rule: { ...WORD, description: 'The id of the rule that must decide. Left out: any rule.' },
    profile: { ...PROFILE, description: 'For `rescue`: the profile. Left out: none is named.' },
    image: { ...PROFILE, description: 'For `reinstall`: the system image. Left out: none is named.' },
    key: { ...SYSRQ_KEY, description: 'For `sysrq`: the key. Left out: none is named.' },
    at: {
      type: 'string',
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$',
      patternErrorMessage: 'a time with Z or an offset: 2026-12-24T22:00Z, 2026-12-24T23:00+01:00',
      description: 'The time: `2026-12-24T22:00Z`. Needed where the answer depends on it.',
    },
    from: {
      type: 'string',
      minLength: 2,
      maxLength: 64,
      description: 'The address that the customer comes from. Left out: unknown.',
    },
    state: {
      type: 'string',
      enum: [...KNOWN_STATES],
      description: 'The state of the domain. Left out: unknown.',
    },
    booted: { ...PROFILE, description: 'The boot profile that the domain runs. Left out: unknown.' },
  },
} as const;

/** One policy file. The files of a directory are read in name order, as one document. */
export const POLICY_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Postern policy',
  type: 'object',
  additionalProperties: false,
  properties: {
    groups: {
      type: 'object',
      default: {},
      propertyNames: WORD,
      additionalProperties: {
        type: 'array',
        uniqueItems: true,
        items: LOGIN,
      },
      description: 'Groups of customers: a name and the list of logins. No globs.',
    },
    tags: {
      type: 'object',
      default: {},
      propertyNames: WORD,
      additionalProperties: { type: 'array', uniqueItems: true, items: DOMAIN_GLOB },
      description: 'Tags for domains: a name and the list of domain names or globs.',
    },
    rules: {
      type: 'array',
      default: [],
      items: RULE,
      description:
        'The rules, in order. The first that matches a request decides. A request that no rule matches is denied.',
    },
    limits: {
      type: 'array',
      default: [],
      items: LIMIT,
      description: 'How often something may be done. Every limit that matches a request must have room.',
    },
    sessions: {
      type: 'array',
      default: [],
      items: SESSION,
      description:
        'How many sessions and connections a customer may have at once. The first entry that matches the customer counts. Without one there is no limit of sessions, and gate.yaml has the limit of connections.',
    },
    consoles: {
      type: 'array',
      default: [],
      items: CONSOLE,
      description:
        'How consoles go. The first entry that matches the customer and the domain counts. A key that it leaves out is as gate.yaml says.',
    },
    rescues: {
      type: 'array',
      default: [],
      items: RESCUE,
      description:
        'How long rescues last. The first entry that matches the customer, the domain and the profile counts. Without one a rescue has no end, unless the customer asks for one. A profile with `keep: true` in dom0.yaml never has one.',
    },
    keys: {
      type: 'array',
      default: [],
      items: KEY,
      description:
        'Which keys customers may log in with. The first entry that matches the customer counts. A key that it leaves out is as gate.yaml says.',
    },
    tests: {
      type: 'array',
      default: [],
      items: TEST,
      description:
        'The answers that the rules must give. A policy with a test that fails is not put in force. Limits count as unused.',
    },
  },
} as const;

/** The parts of one valid policy file; the loader interprets them. */
export type PolicyDocument = SchemaValue<typeof POLICY_SCHEMA>;

export type RuleEntry = SchemaValue<typeof RULE>;
export type LimitEntry = SchemaValue<typeof LIMIT>;
export type SessionEntry = SchemaValue<typeof SESSION>;
export type ConsoleEntry = SchemaValue<typeof CONSOLE>;
export type RescueEntry = SchemaValue<typeof RESCUE>;
export type KeyEntry = SchemaValue<typeof KEY>;
export type TestEntry = SchemaValue<typeof TEST>;
export type WhenEntry = SchemaValue<typeof WHEN>;

/** The customers that an entry names, in all kinds of entries. */
export type WhoEntry = Partial<Pick<RuleEntry, keyof typeof WHO>>;

/** The domains that an entry names. */
export type WhichEntry = Partial<Pick<RuleEntry, keyof typeof WHICH>>;
