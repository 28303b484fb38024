const CUSTOMER = {
  pattern: '^[a-z_][a-z0-9_.-]{0,31}$',
  patternErrorMessage: 'up to 32 small letters a to z, digits, _, . and -, beginning with a letter',
} as const;

const DOMAIN = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$',
  patternErrorMessage: 'the name= of a guest: letters, digits, ., _, + and -',
} as const;

const PROFILE_WORD = {
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  patternErrorMessage: 'small letters a to z, digits and -, beginning with a letter, at most 32',
} as const;

const KEY_TEXT = { type: 'string', minLength: 1, maxLength: 16_384 } as const;
const TIME = { type: ['string', 'null'], minLength: 1, maxLength: 40, default: null } as const;

/** A file of declared customers as JSON Schema draft 2020-12. */
export const CUSTOMERS_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Postern: declared customers',
  type: 'object',
  additionalProperties: false,
  properties: {
    customers: {
      type: 'object',
      default: {},
      description: 'The customers, each under their login name.',
      propertyNames: CUSTOMER,
      additionalProperties: {
        type: ['object', 'null'],
        additionalProperties: false,
        properties: {
          suspended: {
            type: 'boolean',
            default: false,
            description: 'Whether the customer may not log in. `false` ends only a suspension by a file.',
          },
          keys: {
            type: 'array',
            maxItems: 1000,
            default: [],
            description: 'Public keys: each the line of a .pub file, or a mapping with these keys.',
            items: {
              type: ['string', 'object'],
              minLength: 1,
              maxLength: 16_384,
              additionalProperties: false,
              required: ['key'],
              properties: {
                key: { ...KEY_TEXT, description: 'The line of a .pub file.' },
                expires: {
                  ...TIME,
                  description:
                    'Until when the key is good: `2027-01-31`, or `2027-01-31T12:00:00Z`. `null`: without an end.',
                },
                own: {
                  type: 'boolean',
                  default: false,
                  description:
                    'The customer added it: `postern export` writes so. It is added where it never was, and stays theirs to remove.',
                },
              },
            },
          },
          roles: {
            type: 'object',
            default: {},
            description:
              'The role on each domain, by its name: `owner`, `operator` or `watcher`, or a mapping with these keys.',
            propertyNames: DOMAIN,
            additionalProperties: {
              type: ['string', 'object'],
              additionalProperties: false,
              required: ['role'],
              properties: {
                role: { type: 'string', description: '`owner`, `operator` or `watcher`.' },
                until: {
                  ...TIME,
                  description:
                    'When the role ends: `2027-01-31`, or `2027-01-31T12:00:00Z`. `null`: without an end.',
                },
              },
            },
          },
        },
      },
    },
    domains: {
      type: 'object',
      default: {},
      description: 'What is set for domains, each under its name.',
      propertyNames: DOMAIN,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['parameters'],
        properties: {
          parameters: {
            type: 'object',
            description: 'Parameters of boot profiles, as `postern domain set` takes them.',
            propertyNames: PROFILE_WORD,
            additionalProperties: { type: 'string' },
          },
        },
      },
    },
    cas: {
      type: 'object',
      default: {},
      description:
        'The CAs whose [OpenSSH certificates](certificates.md) let customers in, each under its name. At least one key besides `key` says for whom it may speak.',
      propertyNames: PROFILE_WORD,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['key'],
        properties: {
          key: { ...KEY_TEXT, description: 'Its public key: the line of a .pub file.' },
          everybody: {
            type: 'boolean',
            default: false,
            description: 'For every customer, also those who come later.',
          },
          customers: {
            type: 'array',
            maxItems: 1000,
            uniqueItems: true,
            items: { type: 'string' },
            default: [],
            description: 'For these customers.',
          },
          groups: {
            type: 'array',
            maxItems: 1000,
            uniqueItems: true,
            items: { type: 'string', minLength: 1, maxLength: 64 },
            default: [],
            description: 'For the members of these groups of the policy.',
          },
        },
      },
    },
  },
} as const;

/** A role as a file has it. */
export type RoleEntry = string | { readonly role: string; readonly until: string | null };
/** A key as a file has it. */
export type KeyEntry =
  | string
  | { readonly key: string; readonly expires: string | null; readonly own: boolean };

/** A file of declared customers after validation, with defaults filled in. */
export interface CustomersFile {
  readonly customers: Readonly<
    Record<
      string,
      {
        readonly suspended: boolean;
        readonly keys: readonly KeyEntry[];
        readonly roles: Readonly<Record<string, RoleEntry>>;
      } | null
    >
  >;
  readonly domains: Readonly<Record<string, { readonly parameters: Readonly<Record<string, string>> }>>;
  readonly cas: Readonly<
    Record<
      string,
      {
        readonly key: string;
        readonly everybody: boolean;
        readonly customers: readonly string[];
        readonly groups: readonly string[];
      }
    >
  >;
}
