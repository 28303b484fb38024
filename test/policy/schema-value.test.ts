import assert from 'node:assert/strict';
import { DOM0_SCHEMA } from '../../config/dom0-schema.js';
import type { Dom0Document } from '../../config/dom0-schema.js';
import { GATE_SCHEMA } from '../../config/gate-schema.js';
import type { GateDocument } from '../../config/gate-schema.js';
import type { KnownState } from '../../policy/conditions.js';
import type { PolicyDocument, RuleEntry } from '../../policy/policy-schema.js';
import { POLICY_SCHEMA } from '../../policy/policy-schema.js';
import { schemaCheck } from '../../policy/schema-check.js';
import type { SchemaValue } from '../../policy/schema-value.js';

/** `true satisfies Same<A, B>` compiles only when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const SAMPLE = {
  type: 'object',
  additionalProperties: false,
  required: ['needed'],
  properties: {
    needed: { type: 'string' },
    filled: { type: 'integer', default: 3 },
    left: { type: 'boolean' },
    perhaps: { type: ['string', 'null'], default: null },
    word: { type: 'string', enum: ['a', 'b'], default: 'a' },
    list: { type: 'array', items: { type: 'number' }, default: [] },
    names: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    inner: {
      type: 'object',
      default: {},
      additionalProperties: false,
      properties: { deep: { type: 'integer', default: 7 } },
    },
  },
} as const;

type Sample = SchemaValue<typeof SAMPLE>;

describe('the type of what a schema takes', () => {
  it('has what the check makes of a value: every default filled in', () => {
    const value: unknown = { needed: 'x' };
    assert.deepEqual(schemaCheck(SAMPLE)(value), []);
    const expected: Sample = {
      needed: 'x',
      filled: 3,
      perhaps: null,
      word: 'a',
      list: [],
      names: {},
      inner: { deep: 7 },
    };
    assert.deepEqual(value, expected);
  });

  it('is the type of each kind of value', () => {
    const proofs = [
      true satisfies Same<Sample['needed'], string>,
      true satisfies Same<Sample['filled'], number>,
      true satisfies Same<Sample['left'], boolean | undefined>,
      true satisfies Same<Sample['perhaps'], string | null>,
      true satisfies Same<Sample['word'], 'a' | 'b'>,
      true satisfies Same<Sample['list'], readonly number[]>,
      true satisfies Same<Sample['names'], Readonly<Record<string, string>>>,
      true satisfies Same<Sample['inner']['deep'], number>,
    ];
    // @ts-expect-error: a value without a needed key is none.
    const none: Sample = { filled: 3, perhaps: null, word: 'a', list: [], names: {}, inner: { deep: 7 } };
    assert.ok(none);
    assert.ok(proofs.every(Boolean));
  });

  it('reaches into the settings and the policy', () => {
    const proofs = [
      true satisfies Same<GateDocument['login']['tries'], number>,
      true satisfies Same<GateDocument['hosts'][number]['socket'], string>,
      true satisfies Same<Dom0Document['toolstack']['kind'], 'xl' | 'xm'>,
      true satisfies Same<Dom0Document['console']['log']['keep'], boolean>,
      true satisfies Same<Dom0Document['profiles'][string]['kind'], 'direct' | 'disk' | 'cdrom' | 'own'>,
      true satisfies Same<NonNullable<RuleEntry['when']>['states'], readonly KnownState[] | undefined>,
      true satisfies Same<PolicyDocument['groups'], Readonly<Record<string, readonly string[]>>>,
    ];
    assert.ok(proofs.every(Boolean));
  });

  it('says no more than the check: an empty document has every key that the type promises', () => {
    for (const [schema, least] of [
      [GATE_SCHEMA, { site: 'x', listen: ['0.0.0.0:1'], hosts: [{ name: 'a', socket: '/a' }] }],
      [DOM0_SCHEMA, { host: 'a' }],
      [POLICY_SCHEMA, {}],
    ] as const) {
      const value: Record<string, unknown> = structuredClone(least);
      assert.deepEqual(schemaCheck(schema)(value), []);
      assert.deepEqual(Object.keys(value).sort(), Object.keys(schema.properties).sort());
    }
  });
});
