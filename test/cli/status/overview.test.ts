import assert from 'node:assert/strict';
import { overviewFound } from '../../../server/cli/status/overview-found.js';
import { overviewText } from '../../../server/cli/status/overview-text.js';
import type { HostOverview, Overview } from '../../../server/gate/control/overview.js';
import type { HalfStatus } from '../../../server/wire/half-status.js';
import { customerName, domainName, fingerprint } from '../../support/temporary-store.js';

const GIB = 1024 ** 3;

const HALF: HalfStatus = {
  version: '1.0.0',
  startedAt: '2026-11-18T07:15:00.000Z',
  folders: [{ what: 'state directory', free: 9 * GIB, size: 20 * GIB }],
  troubles: [],
};

const XEN1: HostOverview = {
  name: 'xen1',
  reachable: true,
  domains: 40,
  tellsNames: true,
  missing: [],
  half: HALF,
  heardAt: '2026-11-21T07:14:59.500Z',
  lookedAt: '2026-11-21T07:14:59.000Z',
  states: { running: 38, off: 1, crashed: 1 },
  attached: { attached: 38, locked: 1, detached: 1 },
  underWay: [operation('horatio', 0), operation('ophelia', 1)],
};

function operation(domain: string, place: number): HostOverview['underWay'][number] {
  const startedAt = '2026-11-21T07:14:50.000Z';
  return {
    id: domain,
    domain: domainName(domain),
    verb: 'start',
    by: customerName('alice'),
    startedAt,
    place,
  };
}

const WELL: Overview = {
  at: '2026-11-21T07:15:00.000Z',
  version: '1.0.0',
  startedAt: '2026-11-21T06:10:00.000Z',
  sessions: { menu: 9, 'plain-menu': 2, exec: 1, connection: 1 },
  consoles: { writing: 5, watching: 2 },
  policy: { revision: 12, digest: 'd', rules: 4, limits: 2, sessionLimits: 1, problems: [] },
  maintenance: null,
  audit: { seq: 48_120, trouble: null },
  folders: [{ what: 'state directory', free: 41 * GIB, size: 98 * GIB }],
  hosts: [XEN1],
  domains: { waiting: [], held: [] },
  expiring: { within: 14, count: 0, next: [] },
  refused: {
    since: '2026-11-21T06:15:00.000Z',
    logins: [
      { reason: 'key-unknown', times: 9 },
      { reason: 'key-expired', times: 3 },
    ],
    requests: [],
  },
  backup: { at: '2026-11-21T02:00:00.000Z', by: 'root', file: '/var/backups/postern.db' },
};

const found = (change: Partial<Overview>): string[] =>
  overviewFound({ ...WELL, ...change }).map(
    ({ level, subject, finding }) => `${level} ${subject}: ${finding}`,
  );

const host = (change: Partial<HostOverview>): Partial<Overview> => ({ hosts: [{ ...XEN1, ...change }] });

describe('postern status', () => {
  it('shows all at a glance', () => {
    assert.equal(
      overviewText(WELL),
      `Gate         version 1.0.0, up 1 h 5 min
Sessions     11 menus, 1 command, 1 connection without one; 5 consoles open, 2 watched
Policy       revision 12, 4 rules
Audit log    row 48120
Backup       2026-11-21 02:00:00 UTC by root: /var/backups/postern.db
Refused      12 logins (9 key-unknown, 3 key-expired), 0 requests in the last hour
Keys         0 expire within 14 days
Maintenance  none
Free         state directory 41.0 GiB of 98.0 GiB

HOST  HALF           LOOKED   DOMAINS                           CONSOLES                           UNDER WAY            FREE
xen1  1.0.0, up 3 d  1 s ago  40: 38 running, 1 crashed, 1 off  38 attached, 1 locked, 1 detached  1 running, 1 queued  9.0 GiB of 20.0 GiB
`,
    );
  });

  it('shows a host that is away, never heard, or older', () => {
    const away = { reachable: false, half: null, heardAt: '2026-11-21T07:12:00.000Z' };
    assert.match(overviewText({ ...WELL, ...host(away) }), /xen1 {2}NOT REACHABLE, heard 3 min ago/);
    assert.match(
      overviewText({ ...WELL, ...host({ ...away, heardAt: null, lookedAt: null }) }),
      /NOT REACHABLE, never heard {2}never/,
    );
    assert.match(overviewText({ ...WELL, ...host({ half: null }) }), /xen1 {2}up {2,}1 s ago/);
  });

  it('finds nothing where all is well', () => {
    assert.deepEqual(found({}), []);
  });

  it('fails for a host that is away, a toolstack that is silent, and what a half complains of', () => {
    const failure = { at: '2026-11-21T07:14:59.000Z', reason: 'connect ENOENT' };
    assert.deepEqual(found(host({ reachable: false, failure })), [
      'fail host xen1: it does not answer: connect ENOENT',
    ]);
    assert.deepEqual(found(host({ reachable: false })), ['fail host xen1: it has not answered yet']);
    assert.deepEqual(found(host({ lookedAt: '2026-11-21T07:14:44.000Z' })), [
      'fail host xen1: its toolstack has not answered since 2026-11-21T07:14:44.000Z',
    ]);
    assert.deepEqual(found(host({ half: { ...HALF, troubles: ['The journal cannot be written.'] } })), [
      'fail host xen1: The journal cannot be written.',
    ]);
    assert.deepEqual(found(host({ half: null })), ['warn host xen1: its half does not say its version']);
  });

  it('fails where nothing can be changed, and warns before that', () => {
    assert.match(
      found({ audit: { seq: 1, trouble: 'disk full' } }).join(),
      /^fail audit log: .*\(disk full\)/,
    );
    const full = [{ what: 'state directory', free: 0.1 * GIB, size: 98 * GIB }];
    assert.deepEqual(found({ folders: full }), [
      'warn state directory: little room is left for the gate: 102.4 MiB of 98.0 GiB',
    ]);
    assert.deepEqual(found(host({ half: { ...HALF, folders: full } })), [
      'warn host xen1: little room is left for its state directory: 102.4 MiB of 98.0 GiB',
    ]);
    assert.deepEqual(found({ policy: { ...WELL.policy, problems: ['policy.yaml:3: no'] } }), [
      'fail policy: revision 12 is in force, not the files as they are: policy.yaml:3: no',
    ]);
  });

  it('warns of notices that cannot be sent for ten minutes, and of those that were given up', () => {
    const channel = {
      name: 'pager',
      type: 'command',
      waiting: 3,
      stuckSince: '2026-11-21T07:04:59.000Z',
      failed: 0,
      lastSentAt: null,
      trouble: 'exit status 1: no route',
    } as const;
    assert.deepEqual(found({ notices: [channel] }), [
      'warn notices pager: 3 notices cannot be sent since 2026-11-21T07:04:59.000Z: exit status 1: no route',
    ]);
    assert.deepEqual(found({ notices: [{ ...channel, stuckSince: '2026-11-21T07:05:01.000Z' }] }), []);
    assert.deepEqual(found({ notices: [{ ...channel, stuckSince: null, failed: 1 }] }), [
      'warn notices pager: 1 message could not be sent in three days',
    ]);
    assert.match(
      overviewText({
        ...WELL,
        notices: [channel, { ...channel, name: 'noc', waiting: 0, lastSentAt: WELL.at }],
      }),
      /^Notices +pager nothing sent yet, 3 waiting, noc sent 2026-11-21 07:15:00 UTC$/m,
    );
  });

  it('names what waits for an admin', () => {
    assert.match(
      found({ domains: { waiting: [domainName('yorick')], held: [] } }).join(),
      /^fail domains: yorick is gone/,
    );
    const key = { customer: customerName('alice'), fingerprint: fingerprint('a') };
    const next = [{ ...key, expiresAt: '2026-11-25T00:00:00.000Z' }];
    assert.deepEqual(found({ expiring: { within: 14, count: 1, next } }), [
      'warn keys: 1 expire within 14 days: alice on 2026-11-25',
    ]);
    const maintenance = { sentence: 'New disks.', consolesClosed: false, since: WELL.at, until: null };
    assert.deepEqual(found({ maintenance }), ['warn maintenance: on: New disks.']);
  });
});
