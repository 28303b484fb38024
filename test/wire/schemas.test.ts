import assert from 'node:assert/strict';
import { isRefusal } from '../../policy/refusal.js';
import { AnswerError } from '../../server/wire/answer-fields.js';
import { readContract } from '../../server/wire/answers.js';
import type { ConsoleNote, ConsoleRequest } from '../../server/wire/console.js';
import {
  parseChange,
  parseConsoleNote,
  parseConsoleRequest,
  parseContract,
  parseDomainView,
  parseOperationRequest,
  parseOperationView,
  parseWireRefusal,
} from '../../server/wire/schemas.js';
import { operationRequest } from '../support/dom0-client.js';

const uuid = '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8';
const at = '2026-11-21T07:15:00.000Z';

const operation = {
  id: uuid,
  domain: 'horatio',
  verb: 'reboot',
  profile: null,
  phase: 'failed',
  step: 'rebooting',
  place: 0,
  startedAt: at,
  deadlineAt: null,
  endedAt: at,
  failure: { code: 'deadline-passed', message: 'Too late.', detail: 'Too late.', operation: null },
  by: 'alice',
};

const domain = {
  name: 'horatio',
  observation: { state: 'running', profile: 'normal', since: at, seenAt: at },
  incarnation: uuid,
  memoryMiB: 128,
  vcpus: 1,
  cpuSeconds: 3.6,
  cpuPercent: null,
  profiles: ['rescue'],
  operation,
  console: 'attached',
};

/** The value with one thing in it replaced; `path` is its keys. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy = { ...(value as Record<string, unknown>) };
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

describe('what crosses the socket', () => {
  it('is taken as it is when it is right', () => {
    const request = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    assert.equal(parseOperationRequest(request), request);
    assert.equal(parseOperationView(operation), operation);
    assert.equal(parseDomainView(domain), domain);
    const notes: ConsoleNote[] = [
      { note: 'ping' },
      { note: 'writer', attachment: null, label: null },
      { note: 'skipped', bytes: 70_000 },
      { note: 'boot', began: '2026-11-21T17:04:10.000Z', silent: true },
      { note: 'ended', reason: 'domain-gone' },
      { note: 'left', who: { attachment: 2, label: 'bob', mode: 'watch' } },
    ];
    for (const note of notes) assert.equal(parseConsoleNote(note), note);
    const requests: ConsoleRequest[] = [
      { note: 'credit', bytes: 65_536 },
      { note: 'resize', cols: 80, rows: 24 },
      { note: 'takeover' },
      { note: 'pong' },
    ];
    for (const one of requests) assert.equal(parseConsoleRequest(one), one);
    for (const change of [
      { change: 'domain', domain },
      { change: 'gone', name: 'horatio' },
      { change: 'operation', operation },
      { change: 'beat', at },
    ]) {
      assert.equal(parseChange(change), change);
    }
  });

  it('says where it is wrong, in the detail', () => {
    const wrong = parseDomainView(changed(domain, ['observation', 'state'], 'asleep'));
    assert.ok(isRefusal(wrong));
    assert.equal(wrong.code, 'usage');
    assert.match(wrong.detail, /observation\.state must be equal to one of the allowed values/);
  });

  const wrongs: [string, (value: unknown) => unknown, unknown, string[], unknown][] = [
    ['a domain that nobody may name', parseDomainView, domain, ['name'], 'Domain-0'],
    ['a look-alike', parseDomainView, domain, ['name'], 'hοratio'],
    ['a time that is none', parseDomainView, domain, ['observation', 'seenAt'], 'now'],
    ['a local time', parseDomainView, domain, ['observation', 'seenAt'], '2026-11-21T07:15:00+01:00'],
    ['an escape sequence in a message', parseOperationView, operation, ['failure', 'message'], '\u001b[2J'],
    ['C1 controls', parseOperationView, operation, ['failure', 'message'], 'a\u009b31m'],
    ['text that runs backwards', parseOperationView, operation, ['failure', 'message'], 'a\u202eb'],
    ['a message without end', parseOperationView, operation, ['failure', 'message'], 'x'.repeat(301)],
    ['a refusal code of another age', parseOperationView, operation, ['failure', 'code'], 'eaten-by-wolves'],
    ['an operation within an operation', parseOperationView, operation, ['failure', 'operation'], operation],
    ['a missing thing', parseOperationView, operation, ['by'], undefined],
    ['a place below none', parseOperationView, operation, ['place'], -1],
    ['credit below none', parseConsoleRequest, { note: 'credit', bytes: 1 }, ['bytes'], -1],
    ['a window of no size', parseConsoleRequest, { note: 'resize', cols: 80, rows: 24 }, ['rows'], 0],
    ['a window without end', parseConsoleRequest, { note: 'resize', cols: 80, rows: 24 }, ['cols'], 1e9],
    ['a note of another kind', parseConsoleRequest, { note: 'ping' }, ['note'], 'exec'],
  ];
  for (const [what, parse, right, path, to] of wrongs) {
    it(`is refused with ${what}`, () => {
      assert.ok(!isRefusal(parse(right)), 'the sample is right without it');
      assert.ok(isRefusal(parse(changed(right, path, to))));
    });
  }

  it('may hold more than we know when it comes from a newer dom0, never when it comes from a gate', () => {
    assert.ok(!isRefusal(parseDomainView({ ...domain, colour: 'blue' })));
    assert.ok(isRefusal(parseOperationRequest({ ...operationRequest('horatio', 'start'), colour: 'blue' })));
  });

  it('carries parameters: words by name, few of them, and none at all from a gate of before', () => {
    const request = operationRequest('horatio', 'rescue', { profile: 'installer' });
    const with_ = (parameters: unknown): unknown => parseOperationRequest({ ...request, parameters });
    assert.ok(!isRefusal(with_({})));
    assert.ok(!isRefusal(with_({ 'install-suite': 'bookworm', url: 'http://x:80/a_b+c,d@e%20=~' })));
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`p${at}`, 'x']));
    const bad: readonly unknown[] = [
      null,
      [],
      'x',
      many,
      { domain: 'ophelia' },
      { Suite: 'x' },
      { '': 'x' },
      JSON.parse('{"__proto__":"x"}'),
      ...[
        1,
        null,
        {},
        [],
        '',
        'x init=/bin/sh',
        'a\nb',
        'a\0',
        'a\t',
        "'",
        '"',
        '\\',
        '$',
        ';',
        '-x',
        'ä',
      ].map((suite) => ({ suite })),
      { suite: 'a'.repeat(201) },
      { suite: 'a'.repeat(10_000) },
    ];
    for (const parameters of bad) assert.ok(isRefusal(with_(parameters)), JSON.stringify(parameters));
  });

  it('has profiles without parameters from a dom0 half of before', () => {
    const offer = { name: 'rescue', title: 'Rescue', disks: 'They stay.', hint: '' };
    const parameter = { name: 'suite', title: 'suite', values: ['a'], default: null };
    const contract = (profile: object): unknown => ({
      version: 1,
      host: 'elsinore',
      verbs: ['rescue'],
      profiles: [profile],
      console: { passesEscape: false, sysrqKeys: [] },
    });
    const read = (profile: object): unknown => {
      const [first] = readContract(contract(profile)).profiles;
      return first?.parameters;
    };
    assert.ok(!isRefusal(parseContract(contract(offer))));
    assert.deepEqual(read(offer), []);
    assert.ok(!isRefusal(parseContract(contract({ ...offer, parameters: [parameter] }))));
    assert.deepEqual(read({ ...offer, parameters: [parameter] }), [parameter]);
    for (const wrong of [
      { name: 'A' },
      { name: 'domain' },
      { values: ['a b'] },
      { default: 'a b' },
      { title: 1 },
    ]) {
      const parameters = [{ ...parameter, ...wrong }];
      assert.ok(isRefusal(parseContract(contract({ ...offer, parameters }))));
      assert.throws(() => read({ ...offer, parameters }), AnswerError);
    }
  });

  it('may offer verbs of the next version, which a gate then leaves alone', () => {
    const contract = {
      version: 2,
      host: 'elsinore',
      verbs: ['start', 'migrate'],
      profiles: [],
      console: { passesEscape: false, sysrqKeys: ['h'] },
    };
    assert.ok(!isRefusal(parseContract(contract)));
    assert.ok(isRefusal(parseContract({ ...contract, version: 3 })));
    assert.ok(isRefusal(parseContract({ ...contract, console: { passesEscape: false, sysrqKeys: ['hs'] } })));
  });

  it('has a refusal with the operation that is in the way', () => {
    const refusal = { code: 'busy', message: 'Busy.', detail: 'Busy.', operation };
    assert.equal(parseWireRefusal(refusal), refusal);
    assert.ok(isRefusal(parseWireRefusal({ ...refusal, operation: undefined })));
  });
});
