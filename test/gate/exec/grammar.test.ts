import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import type { Command } from '../../../server/gate/exec/command.js';
import { DOMAIN_VERBS } from '../../../server/gate/exec/command.js';
import { parseCommand } from '../../../server/gate/exec/grammar.js';

const operate = (verb: string, more: Partial<Extract<Command, { command: 'operate' }>> = {}): object => ({
  command: 'operate',
  verb,
  domain: 'horatio',
  profile: null,
  choice: {},
  forSeconds: null,
  json: false,
  wait: false,
  yes: false,
  console: false,
  ...more,
});

const log = (more: Partial<Extract<Command, { command: 'log' }>> = {}): object => ({
  command: 'log',
  domain: 'horatio',
  json: false,
  raw: false,
  follow: false,
  lines: null,
  since: null,
  boot: null,
  ...more,
});

describe('the grammar of exec', () => {
  const understood: readonly (readonly [text: string, command: object])[] = [
    ['list', { command: 'list', json: false }],
    ['  list \t --json ', { command: 'list', json: true }],
    ['keys', { command: 'keys-list', json: false }],
    ['keys --json', { command: 'keys-list', json: true }],
    ['keys list --json', { command: 'keys-list', json: true }],
    ['keys add', { command: 'keys-add', text: null, json: false }],
    ['keys add --json', { command: 'keys-add', text: null, json: true }],
    [
      'keys add  ssh-ed25519 AAAA  my --yes   laptop ',
      { command: 'keys-add', text: 'ssh-ed25519 AAAA  my --yes   laptop', json: false },
    ],
    [
      'keys remove SHA256:x --yes',
      { command: 'keys-remove', fingerprint: 'SHA256:x', yes: true, json: false },
    ],
    ['activity', { command: 'activity', json: false }],
    ['activity --json', { command: 'activity', json: true }],
    ['recordings', { command: 'recordings', json: false }],
    ['recordings --json', { command: 'recordings', json: true }],
    ['recording 3f9ac91e04b7', { command: 'recording', id: '3f9ac91e04b7' }],
    ['recordings status', { command: 'status', domain: 'recordings', json: false }],
    ['recording console', { command: 'console', domain: 'recording' }],
    ['recording destroy', { ...operate('poweroff'), domain: 'recording' }],
    ['escape destroy', { ...operate('poweroff'), domain: 'escape' }],
    ['help', { command: 'help' }],
    ['--help', { command: 'help' }],
    ['menu', { command: 'menu', plain: false }],
    ['menu --plain', { command: 'menu', plain: true }],
    ['horatio status', { command: 'status', domain: 'horatio', json: false }],
    ['horatio status --json', { command: 'status', domain: 'horatio', json: true }],
    ['horatio screen', { command: 'screen', domain: 'horatio', json: false }],
    ['horatio screen --json', { command: 'screen', domain: 'horatio', json: true }],
    ['screen screen', { command: 'screen', domain: 'screen', json: false }],
    ['horatio log', log()],
    ['horatio log --json', log({ json: true })],
    ['horatio log --lines 20 --follow', log({ lines: 20, follow: true })],
    ['horatio log --follow --lines=0', log({ lines: 0, follow: true })],
    ['horatio log --raw --boot -1', log({ raw: true, boot: -1 })],
    ['horatio log --boot=0 --follow', log({ boot: 0, follow: true })],
    ['horatio log --boot -0', log({ boot: 0 })],
    ['horatio log --since 10m', log({ since: { ago: 600_000 } })],
    ['horatio log --since 2w --lines 7', log({ since: { ago: 1_209_600_000 }, lines: 7 })],
    ['horatio log --since 2026-11-21', log({ since: { at: Date.UTC(2026, 10, 21) } })],
    ['horatio log --since 2026-11-21T07:15', log({ since: { at: Date.UTC(2026, 10, 21, 7, 15) } })],
    [
      'horatio log --since=2026-11-21T07:15:02.5Z',
      log({ since: { at: Date.UTC(2026, 10, 21, 7, 15, 2, 500) } }),
    ],
    ['horatio log off', { command: 'log-switch', domain: 'horatio', keep: false, json: false }],
    ['horatio log on --json', { command: 'log-switch', domain: 'horatio', keep: true, json: true }],
    ['horatio console', { command: 'console', domain: 'horatio' }],
    ['horatio watch', { command: 'watch', domain: 'horatio' }],
    ['horatio start', operate('start')],
    ['horatio start --wait', operate('start', { wait: true })],
    ['horatio shutdown --wait --json', operate('shutdown', { wait: true, json: true })],
    ['horatio reboot --yes', operate('reboot', { yes: true })],
    ['horatio poweroff', operate('poweroff')],
    ['horatio destroy --yes', operate('poweroff', { yes: true })],
    ['horatio rescue', operate('rescue')],
    ['horatio rescue debian --yes', operate('rescue', { profile: 'debian', yes: true })],
    ['horatio rescue --yes debian', operate('rescue', { profile: 'debian', yes: true })],
    ['horatio rescue --for 2h', operate('rescue', { forSeconds: 7200 })],
    [
      'horatio rescue debian --for=90m -y',
      operate('rescue', { profile: 'debian', forSeconds: 5400, yes: true }),
    ],
    ['horatio rescue --for 366d', operate('rescue', { forSeconds: 31_622_400 })],
    ['horatio extend', { command: 'extend', domain: 'horatio', forSeconds: null, json: false }],
    [
      'horatio extend --for 1d --json',
      { command: 'extend', domain: 'horatio', forSeconds: 86_400, json: true },
    ],
    ['extend extend', { command: 'extend', domain: 'extend', forSeconds: null, json: false }],
    ['horatio normal', operate('normal')],
    ['horatio restart', operate('reboot')],
    ['horatio stop --wait', operate('shutdown', { wait: true })],
    ['horatio poweroff -y', operate('poweroff', { yes: true })],
    ['horatio rescue suite=trixie', operate('rescue', { choice: { suite: 'trixie' } })],
    [
      'horatio rescue suite=trixie di kbd=de -y',
      operate('rescue', { profile: 'di', choice: { suite: 'trixie', kbd: 'de' }, yes: true }),
    ],
    ['horatio start --console', operate('start', { console: true })],
    ['horatio rescue -y --console', operate('rescue', { yes: true, console: true })],
    ['horatio restart -y', operate('reboot', { yes: true })],
    ['ls', { command: 'list', json: false }],
    ['ls --json', { command: 'list', json: true }],
    ['ls status', { command: 'status', domain: 'ls', json: false }],
    ['ls restart', { ...operate('reboot'), domain: 'ls' }],
    ['keys remove SHA256:x -y', { command: 'keys-remove', fingerprint: 'SHA256:x', yes: true, json: false }],
  ];

  for (const [text, command] of understood) {
    it(`understands ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseCommand(text), command);
    });
  }

  const usage: readonly string[] = [
    '',
    '   ',
    'horatio',
    'horatio frobnicate',
    'horatio Start',
    'horatio start now',
    'horatio start --force',
    'horatio start --plain',
    'horatio rescue a b',
    ...[
      '0h',
      '-1h',
      '1.5h',
      '1e3s',
      'NaNs',
      'Infinityh',
      '2',
      'h',
      '2w',
      '367d',
      '99999999d',
      '٣h',
      '',
      '2h2m',
    ].flatMap((length) => [`horatio rescue --for ${length}`, `horatio extend --for=${length}`]),
    'horatio rescue --for 1h --for 2h',
    'horatio extend 2h',
    'horatio extend --wait',
    'horatio normal --for 1h',
    'horatio start --for 1h',
    'horatio status --wait',
    'horatio console --json',
    'horatio screen now',
    'horatio shutdown --console',
    'horatio start suite=trixie',
    'horatio rescue suite=a suite=b',
    'horatio poweroff --console',
    'horatio start --console --json',
    'horatio normal --wait --console',
    'horatio status --console',
    'horatio screen --raw',
    'horatio log now',
    'horatio log off now',
    'horatio log --on',
    'horatio log --wait',
    'horatio log --lines',
    'horatio log --lines x',
    'horatio log --lines 1e3',
    'horatio log --lines -1',
    'horatio log --lines 1000001',
    'horatio log --lines=1=2',
    'horatio log --boot 1',
    'horatio log --boot -1000',
    'horatio log --boot last',
    'horatio log --follow --boot -1',
    'horatio log --follow=yes',
    'horatio log --since',
    'horatio log --since yesterday',
    'horatio log --since 10',
    'horatio log --since -10m',
    'horatio log --since 2026-11-21T25:00',
    'horatio log --since 1-1-1',
    'horatio log --json --raw',
    'horatio log --follow --json',
    'recordings all',
    'recording',
    'recording --json',
    'recording 3f9ac91e04b7 x.cast',
    'list all',
    'list --yes',
    'LIST',
    'Keys',
    'admin',
    'admin list',
    'help me',
    'menu --json',
    'keys show',
    'keys remove',
    'keys remove a b',
    'keys add --yes ssh-ed25519 AAAA',
    'horatio\nstart',
    'horatio start\r',
    'horatio\u001bstart',
    'horatio start\u0000',
    'horatio \u009bstart',
    'horatio start; reboot',
    'horatio start && ophelia start',
    'horatio start | cat',
    'horatio $(reboot)',
    '"horatio" `start`',
  ];

  for (const text of usage) {
    it(`refuses ${JSON.stringify(text)} as usage`, () => {
      const answer = parseCommand(text);
      assert.ok(isRefusal(answer));
      assert.equal(answer.code, 'usage');
      assert.doesNotMatch(answer.message, /[\u0000-\u001f\u007f-\u009f]/);
    });
  }

  it('takes a name as it is spelt and judges none', () => {
    for (const name of [
      '-a',
      '--',
      '0',
      'Domain-0',
      '../ophelia',
      'HORATIO',
      'hоratio',
      '"horatio"',
      "'horatio'",
      'a\\b',
      '*',
    ]) {
      assert.deepEqual(parseCommand(`${name} status`), { command: 'status', domain: name, json: false });
    }
  });

  it('answers bad grammar alike whatever the name', () => {
    for (const tail of ['', ' frobnicate', ' start now', ' rescue a b']) {
      const one = parseCommand(`horatio${tail}`);
      const other = parseCommand(`nobody${tail}`);
      assert.deepEqual(one, other);
      assert.ok(isRefusal(one));
    }
  });

  const corrected: readonly (readonly [text: string, sentence: RegExp])[] = [
    ['lst', /^This is no command by itself\. After the name of a server, say what to do with it: status, /],
    ['horatio fly', /^There is no command "fly" for a server: status, /],
    [
      'reboot horatio',
      /"horatio" for a server\. The name of the server comes first: horatio reboot\. For all/,
    ],
    ['restart horatio', /The name of the server comes first: horatio restart\. For all commands: help$/],
    ['reboot --yes', /^There is no command "--yes" for a server: status, /],
    ['horatio status extra', /^The form is: NAME status \[--json\]\. For all commands: help$/],
    ['recording', /^The form is: recording ID; `recordings` lists them\. For all commands: help$/],
    ['horatio log --on', /log on\|off \[--json\]\. For all commands: help$/],
  ];

  for (const [text, sentence] of corrected) {
    it(`says how to correct ${JSON.stringify(text)}`, () => {
      const answer = parseCommand(text);
      assert.ok(isRefusal(answer));
      assert.match(answer.message, sentence);
    });
  }

  it('knows every verb that it lists', () => {
    for (const verb of DOMAIN_VERBS) assert.ok(!isRefusal(parseCommand(`horatio ${verb}`)), verb);
  });
});
