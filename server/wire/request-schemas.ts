import { MOST_PARAMETERS } from '../../policy/boot-parameter.js';
import { MOST_RELEASE_SECONDS } from './console-release.js';
import { VERBS } from './contract.js';
import { MOST_RESCUE_SECONDS } from './rescue-end.js';
import { MOST_SEED_KEYS } from './seed-key.js';
import { TEXT_LIMITS } from './text-limits.js';

/** The JSON schemas of the requests to a dom0, with the formats of `requests.ts`. */

const text = (maxLength: number) => ({ type: 'string', maxLength, format: 'printable' });
const format = (name: string) => ({ type: 'string', maxLength: 200, format: name });
const nullable = <T extends { type: string }>(schema: T) => ({ ...schema, type: [schema.type, 'null'] });
const count = { type: 'integer', minimum: 0 };
const rescueSeconds = { type: 'integer', minimum: 1, maximum: MOST_RESCUE_SECONDS };

/** All properties but the optional ones are required, and no others are accepted. */
function object(properties: Record<string, object>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, additionalProperties: false };
}

const actor = object({
  customer: format('customer-name'),
  fingerprint: format('fingerprint'),
  source: text(64),
  auditSeq: count,
  auditHash: format('sha256'),
});

export const operationRequest = object(
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
    forSeconds: rescueSeconds,
    image: format('image-name'),
    key: { type: ['string', 'null'], pattern: '^[0-9a-z]$' },
    keys: { type: 'array', maxItems: MOST_SEED_KEYS, items: { type: 'string', format: 'seed-key' } },
    actor,
  },
  ['parameters', 'forSeconds', 'image', 'keys'],
);

export const consoleRelease = object({
  seconds: { type: 'integer', minimum: 0, maximum: MOST_RELEASE_SECONDS },
  admin: { ...text(TEXT_LIMITS.label), minLength: 1 },
});

export const diskClearing = object({
  whole: { const: true },
  admin: { ...text(TEXT_LIMITS.label), minLength: 1 },
});

export const withdrawal = object({ withdrawn: { const: true } });

export const logSwitch = object({ keep: { type: 'boolean' }, actor });

export const rescueExtension = object({ operation: format('uuid'), forSeconds: rescueSeconds, actor });
