import assert from 'node:assert/strict';
import { isRefusal } from '../../policy/refusal.js';
import { AnswerError } from '../../server/wire/answer-fields.js';
import {
  readChange,
  readDomainView,
  readJournalPage,
  readOperation,
  readRescueEnd,
  readWireRefusal,
} from '../../server/wire/answers.js';
import { readConsoleNote } from '../../server/wire/console-note.js';
import { readContract } from '../../server/wire/contract-answer.js';
import type { ConsoleNote, ConsoleRequest } from '../../server/wire/console.js';
import { ConsoleRequestError, parseConsoleRequest } from '../../server/wire/console-request.js';
import { MOST_UNMANAGED } from '../../server/wire/contract.js';
import { parseOperationRequest } from '../../server/wire/requests.js';
import { TEXT_LIMITS } from '../../server/wire/text-limits.js';
import { operationRequest } from '../support/dom0-client.js';
import { readWhole } from '../support/read-whole.js';

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

/** The value with one part replaced; `path` is its keys. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy = { ...(value as Record<string, unknown>) };
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

const resized = { note: 'resized', cols: 80, rows: 24 };
const boot = { note: 'boot', began: at, silent: true };

function consoleRequest(note: unknown): ConsoleRequest {
  return parseConsoleRequest(Buffer.from(JSON.stringify(note)));
}

describe('what crosses the socket', () => {
  it('is taken as it is when it is right', () => {
    const request = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    assert.equal(parseOperationRequest(request), request);
    assert.deepEqual(readOperation(operation), operation);
    assert.deepEqual(readDomainView(domain), { ...domain, configured: null });
    const hvm = { ...domain, configured: null, type: 'hvm', textConsole: false };
    assert.deepEqual(readDomainView(hvm), hvm);
    assert.equal(readDomainView({ ...hvm, type: 'pvh2' }).type, null, 'a type of a later dom0');
    const notes: ConsoleNote[] = [
      { note: 'ping' },
      { note: 'writer', attachment: null, label: null },
      { note: 'skipped', bytes: 70_000 },
      { note: 'boot', began: '2026-11-21T17:04:10.000Z', silent: true },
      { note: 'ended', reason: 'domain-gone' },
      { note: 'left', who: { attachment: 2, label: 'bob', mode: 'watch' } },
    ];
    for (const note of notes) assert.deepEqual(readConsoleNote(note), note);
    const requests: ConsoleRequest[] = [
      { note: 'credit', bytes: 65_536 },
      { note: 'resize', cols: 80, rows: 24 },
      { note: 'takeover' },
      { note: 'pong' },
    ];
    for (const one of requests) assert.deepEqual(consoleRequest(one), one);
    for (const change of [
      { change: 'domain', domain },
      { change: 'gone', name: 'horatio' },
      { change: 'operation', operation },
      { change: 'beat', at },
    ]) {
      readWhole(readChange, change);
    }
  });

  it('has the end of a rescue, from a dom0 that knows of ends', () => {
    const rescueEnd = { operation: uuid, forSeconds: 7200, at, then: 'reset', retryAt: null };
    const lastEnding = { ...operation, cause: 'rescue-end' };
    readWhole(readDomainView, { ...domain, configured: null, rescueEnd, lastEnding });
    readWhole(readDomainView, { ...domain, configured: null, rescueEnd: null, lastEnding: null });
    readWhole(readRescueEnd, { ...rescueEnd, retryAt: at });
    for (const why of ['ignored', 'paused', 'failed']) readWhole(readRescueEnd, { ...rescueEnd, why });
    assert.equal(readRescueEnd({ ...rescueEnd, why: 'frozen' }).why, 'failed', 'a newer dom0');
    assert.equal('why' in readRescueEnd(rescueEnd), false, 'an older dom0');
    assert.equal(readDomainView(domain).rescueEnd, undefined, 'an older dom0');
    const rescueHostKey = `SHA256:${'k'.repeat(43)}`;
    readWhole(readDomainView, { ...domain, configured: null, rescueHostKey });
    // A guest wrote it: it costs no host, and nobody sees it.
    const bad = readDomainView({ ...domain, rescueHostKey: `${rescueHostKey} is fine` });
    assert.equal(bad.rescueHostKey, undefined);
    assert.equal(readRescueEnd({ ...rescueEnd, then: 'suspend' }).then, 'poweroff', 'a later dom0');
    for (const wrong of [{ forSeconds: -1 }, { forSeconds: '7200' }, { at: 'soon' }, { operation: '7' }])
      assert.throws(() => readRescueEnd({ ...rescueEnd, ...wrong }), AnswerError);
    assert.equal(readOperation({ ...operation, cause: 'a whim' }).cause, undefined);
  });

  it('says where it is wrong, in the detail', () => {
    const asleep = changed(domain, ['observation', 'state'], 'asleep');
    assert.throws(() => readDomainView(asleep), /^Error: state is none of running, paused, /);
    const wrong = parseOperationRequest({ ...operationRequest('horatio', 'start'), verb: 'asleep' });
    assert.ok(isRefusal(wrong));
    assert.equal(wrong.code, 'usage');
    assert.match(wrong.detail, /verb must be equal to one of the allowed values/);
  });

  const wrongs: [string, (value: unknown) => unknown, unknown, string[], unknown][] = [
    ['a domain that nobody may name', readDomainView, domain, ['name'], 'Domain-0'],
    ['a look-alike', readDomainView, domain, ['name'], 'hοratio'],
    ['a time that is none', readDomainView, domain, ['observation', 'seenAt'], 'now'],
    ['a local time', readDomainView, domain, ['observation', 'seenAt'], '2026-11-21T07:15:00+01:00'],
    ['a thirteenth month', readDomainView, domain, ['observation', 'seenAt'], '2026-13-21T07:15:00Z'],
    ['an incarnation that is none', readDomainView, domain, ['incarnation'], '7'],
    ['memory below none', readDomainView, domain, ['memoryMiB'], -1],
    ['a refusal code of another age', readOperation, operation, ['failure', 'code'], 'eaten-by-wolves'],
    ['an operation within an operation', readOperation, operation, ['failure', 'operation'], operation],
    ['an id that is none', readOperation, operation, ['id'], '../../etc/passwd'],
    ['a missing thing', readOperation, operation, ['by'], undefined],
    ['a missing end', readOperation, operation, ['endedAt'], undefined],
    ['a message that is no text', readOperation, operation, ['failure', 'message'], 7],
    ['a place below none', readOperation, operation, ['place'], -1],
    ['half a place', readOperation, operation, ['place'], 0.5],
    ['a console of no size', readConsoleNote, resized, ['rows'], 0],
    ['a console without end', readConsoleNote, resized, ['cols'], 1e9],
    ['a boot that may be silent', readConsoleNote, boot, ['silent'], 'perhaps'],
    ['credit below none', consoleRequest, { note: 'credit', bytes: 1 }, ['bytes'], -1],
    ['a window below none', consoleRequest, { note: 'resize', cols: 80, rows: 24 }, ['rows'], -1],
    ['a window without end', consoleRequest, { note: 'resize', cols: 80, rows: 24 }, ['cols'], 1e9],
    ['a note of another kind', consoleRequest, { note: 'ping' }, ['note'], 'exec'],
  ];
  for (const [what, read, right, path, to] of wrongs) {
    it(`is refused with ${what}`, () => {
      assert.notEqual(read(right), undefined, 'the sample is right without it');
      assert.throws(
        () => read(changed(right, path, to)),
        (error) => error instanceof AnswerError || error instanceof ConsoleRequestError,
      );
    });
  }

  const texts: [string, string, string][] = [
    ['an escape sequence in a message', '\u001b[2J', '^[[2J'],
    ['C1 controls', 'a\u009b31m', 'a<U+009B>31m'],
    ['text that runs backwards', 'a\u202eb', 'a<U+202E>b'],
    ['a tag', 'a\u{e0041}b', 'a<U+E0041>b'],
    ['half a pair', 'a\ud800b', 'a<U+D800>b'],
    ['a message without end', 'x'.repeat(301), `${'x'.repeat(299)}…`],
  ];
  for (const [what, text, shown] of texts) {
    it(`is made printable and cut with ${what}: a sentence does not cost a host`, () => {
      const read = readOperation(changed(operation, ['failure', 'message'], text));
      assert.equal(read.failure?.message, shown);
      assert.throws(
        () => readWhole(readWireRefusal, { ...read.failure, message: text }),
        assert.AssertionError,
      );
    });
  }

  it('has what an image needs of its disk, from a dom0 that says it', () => {
    const image = { name: 'debian-13', title: 'Debian 13', minimumMiB: null };
    const whole = {
      version: 1,
      host: 'one',
      verbs: [],
      profiles: [],
      images: [image, { ...image, needsBytes: 2 ** 31 }],
      console: { passesEscape: false, sysrqKeys: [] },
    };
    const { images } = readContract(whole);
    assert.deepEqual(
      images?.map(({ needsBytes }) => needsBytes),
      [undefined, 2 ** 31],
    );
    for (const needsBytes of [-1, '1', Number.NaN, null])
      assert.throws(() => readContract({ ...whole, images: [{ ...image, needsBytes }] }));
  });

  it('cuts each text where dom0 cuts it', () => {
    const long = 'x'.repeat(2000);
    const cut = (limit: keyof typeof TEXT_LIMITS): string => `${'x'.repeat(TEXT_LIMITS[limit] - 1)}…`;
    const contract = readContract({
      version: 1,
      host: long,
      verbs: [],
      profiles: [{ name: 'rescue', title: long, disks: long, hint: long }],
      console: { passesEscape: false, sysrqKeys: [] },
      troubles: [long],
      unmanaged: [{ file: long, why: long }],
    });
    assert.deepEqual(
      [contract.host, contract.profiles[0]?.title, contract.profiles[0]?.disks, contract.profiles[0]?.hint],
      [cut('host'), cut('title'), cut('sentence'), cut('sentence')],
    );
    assert.deepEqual(contract.troubles, [cut('sentence')]);
    assert.deepEqual(contract.unmanaged, [{ file: cut('file'), why: cut('reason') }]);
    const no = readWireRefusal({ code: 'busy', message: long, detail: long, operation: null });
    assert.deepEqual([no.message, no.detail], [cut('sentence'), cut('detail')]);
    const note = readConsoleNote({ note: 'writer', attachment: 1, label: long });
    assert.deepEqual(note, { note: 'writer', attachment: 1, label: cut('label') });
  });

  it('has the beginning of what a newer dom0 tells admins at more length: it does not cost a host', () => {
    const many = (one: unknown): unknown[] => Array.from({ length: 1001 }, () => one);
    const { troubles, unmanaged } = readContract({
      version: 1,
      host: 'elsinore',
      verbs: [],
      profiles: [],
      console: { passesEscape: false, sysrqKeys: [] },
      troubles: many('The disk is full.'),
      unmanaged: many({ file: 'a.cfg', why: 'no name' }),
    });
    assert.deepEqual([troubles?.length, unmanaged?.length], [100, MOST_UNMANAGED]);
  });

  it('is read as it is from a half of before, which does not say some of it', () => {
    const said = {
      version: 1,
      host: 'elsinore',
      verbs: ['start'],
      profiles: [],
      console: { passesEscape: false, sysrqKeys: [] },
    };
    const { names, console, troubles, unmanaged } = readContract(said);
    assert.deepEqual([names, console.log, console.screenText], [false, false, false]);
    assert.deepEqual([troubles, unmanaged], [[], []]);
    assert.equal(readDomainView(domain).configured, null);
    assert.equal(readOperation(operation).unrecorded, undefined);
    const missing = { name: 'horatio', since: at, why: 'eaten-by-wolves' };
    assert.deepEqual(readChange({ change: 'names', others: null, missing: [missing], gone: [] }), {
      change: 'names',
      others: null,
      missing: [{ ...missing, why: 'unreadable' }],
      gone: [],
    });
    assert.equal(readChange({ change: 'moon', phase: 'full' }), undefined);
    assert.equal(readConsoleNote({ note: 'moon' }), undefined);
  });

  it('has a journal whose records stay readable when the names and verbs of today are others', () => {
    const entry = {
      seq: 1,
      at,
      operation: uuid,
      domain: 'Domain-0',
      verb: 'migrate',
      customer: 'admin',
      auditSeq: 7,
      auditHash: '0'.repeat(64),
    };
    const { operation, auditSeq, auditHash } = entry;
    const read = { entries: [{ operation, auditSeq, auditHash }], next: 1 };
    assert.deepEqual(readJournalPage({ entries: [entry], next: 1 }), read);
    for (const wrong of [{ auditHash: 7 }, { auditSeq: -1 }, { auditSeq: '1' }, { operation: undefined }])
      assert.throws(() => readJournalPage({ entries: [{ ...entry, ...wrong }], next: null }), AnswerError);
    for (const next of [-1, '1', undefined])
      assert.throws(() => readJournalPage({ entries: [], next }), AnswerError);
    const many = Array.from({ length: 10_001 }, () => entry);
    assert.throws(() => readJournalPage({ entries: many, next: null }), AnswerError);
  });

  it('may hold more than we know when it comes from a newer dom0, never when it comes from a gate', () => {
    assert.deepEqual(readDomainView({ ...domain, colour: 'blue' }), readDomainView(domain));
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
    assert.deepEqual(read(offer), []);
    assert.deepEqual(read({ ...offer, parameters: [parameter] }), [parameter]);
    for (const wrong of [
      { name: 'A' },
      { name: 'domain' },
      { values: ['a b'] },
      { default: 'a b' },
      { title: 1 },
    ]) {
      const parameters = [{ ...parameter, ...wrong }];
      assert.throws(() => read({ ...offer, parameters }), AnswerError);
    }
  });

  it('may offer verbs and keys that are not known, which a gate then leaves alone', () => {
    const contract = {
      version: 1,
      host: 'elsinore',
      verbs: ['start', 'migrate'],
      profiles: [],
      console: { passesEscape: false, sysrqKeys: ['h', 'R', 'hs', 7] },
    };
    const read = readContract(contract);
    assert.deepEqual(read.verbs, ['start']);
    assert.deepEqual(read.console.sysrqKeys, ['h']);
    for (const version of [0, 2, 3, '1', undefined])
      assert.throws(() => readContract({ ...contract, version }), /it speaks version .*, this gate speaks 1/);
  });

  it('has a refusal with the operation that is in the way', () => {
    const refusal = { code: 'busy', message: 'Busy.', detail: 'Busy.', operation };
    assert.deepEqual(readWireRefusal(refusal), refusal);
    assert.throws(() => readWireRefusal({ ...refusal, operation: undefined }), AnswerError);
    assert.throws(() => readWireRefusal({ ...refusal, detail: undefined }), AnswerError);
  });

  it('may resize to no size, which an end without a terminal of its own has', () => {
    const none: ConsoleRequest = { note: 'resize', cols: 0, rows: 0 };
    assert.deepEqual(consoleRequest(none), none);
  });
});
