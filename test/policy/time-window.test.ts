import assert from 'node:assert/strict';
import { DAYS, isTimeZone, isWithin, parseTimeWindow, wallText, wallTime } from '../../policy/time-window.js';

/** Whether a window in Berlin is open at a moment in UTC. */
function open(text: string, utc: string, zone = 'Europe/Berlin'): boolean {
  const window = parseTimeWindow(text);
  assert.ok(window !== undefined, text);
  return isWithin(window, wallTime(zone, new Date(utc)));
}

describe('time windows', () => {
  const read: readonly (readonly [string, string, number, number])[] = [
    ['mon-fri 08:00-18:00', 'mon tue wed thu fri', 480, 1080],
    ['Mon-Fri 08:00-18:00', 'mon tue wed thu fri', 480, 1080],
    ['sat,sun', 'sun sat', 0, 1440],
    ['fri-mon', 'sun mon fri sat', 0, 1440],
    ['mon,wed-thu 00:00-24:00', 'mon wed thu', 0, 1440],
    ['22:00-06:00', 'sun mon tue wed thu fri sat', 1320, 360],
    ['fri 22:00-00:00', 'fri', 1320, 1440],
  ];
  for (const [text, days, from, to] of read) {
    it(`reads ${text}`, () => {
      const window = parseTimeWindow(text);
      assert.deepEqual(
        [window?.days.map((day) => DAYS[day]).join(' '), window?.from, window?.to],
        [days, from, to],
      );
    });
  }

  const wrong = [
    ...[
      '',
      ' ',
      'weekdays',
      'mon-',
      'mon-tue-wed',
      'mo-fr 08:00-18:00',
      'mon 8:00-18:00',
      '08:00',
      '08:00-25:00',
    ],
    ...[
      '08:60-09:00',
      '24:00-06:00',
      '24:01-06:00',
      '08:00-08:00',
      '00:00-00:00',
      'mon 08:00 - 18:00',
      'mon08:00-09:00',
    ],
  ];
  for (const text of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseTimeWindow(text), undefined);
    });
  }

  it('begin with their first minute and end before their last', () => {
    // 25 November 2026 is a Wednesday; Berlin is an hour ahead of UTC.
    assert.ok(!open('wed 08:00-18:00', '2026-11-25T06:59:59.999Z'));
    assert.ok(open('wed 08:00-18:00', '2026-11-25T07:00:00Z'));
    assert.ok(open('wed 08:00-18:00', '2026-11-25T16:59:59.999Z'));
    assert.ok(!open('wed 08:00-18:00', '2026-11-25T17:00:00Z'));
    assert.ok(!open('thu 08:00-18:00', '2026-11-25T07:00:00Z'));
  });

  it('over midnight belong to the day that they begin on, also over the end of the week', () => {
    assert.ok(open('fri 22:00-06:00', '2026-11-27T21:00:00Z'), 'Friday 22:00');
    assert.ok(open('fri 22:00-06:00', '2026-11-28T04:59:00Z'), 'Saturday 05:59');
    assert.ok(!open('fri 22:00-06:00', '2026-11-28T05:00:00Z'), 'Saturday 06:00');
    assert.ok(!open('fri 22:00-06:00', '2026-11-27T04:00:00Z'), 'Friday 05:00');
    assert.ok(open('sat 22:00-06:00', '2026-11-28T23:30:00Z'), 'Sunday 00:30');
    assert.ok(!open('sat 22:00-06:00', '2026-11-29T21:30:00Z'), 'Sunday 22:30');
  });

  it('go by the day there, not here', () => {
    assert.ok(open('thu', '2026-11-25T12:00:00Z', 'Pacific/Auckland'));
    assert.ok(open('wed', '2026-11-26T04:00:00Z', 'America/Los_Angeles'));
    assert.equal(wallText(wallTime('Asia/Kathmandu', new Date('2026-11-25T18:20:00Z'))), 'thu 00:05');
  });

  it('go by the clock on the wall when it is put forward: an hour that is not shown belongs to none', () => {
    // On 29 March 2026 at 01:00 UTC, 02:00 becomes 03:00.
    assert.ok(open('01:00-02:30', '2026-03-29T00:59:00Z'));
    assert.ok(!open('01:00-02:30', '2026-03-29T01:00:00Z'), 'it is 03:00 already');
    for (let minute = 0; minute < 180; minute += 1) {
      const moment = new Date(Date.parse('2026-03-29T00:00:00Z') + minute * 60_000);
      assert.ok(!open('02:00-03:00', moment.toISOString()), moment.toISOString());
    }
    // A night over this change is an hour shorter.
    assert.ok(open('sat 22:00-06:00', '2026-03-29T03:59:00Z'));
    assert.ok(!open('sat 22:00-06:00', '2026-03-29T04:00:00Z'));
  });

  it('go by the clock on the wall when it is put back: an hour that is shown twice belongs to them twice', () => {
    // On 25 October 2026 at 01:00 UTC, 03:00 becomes 02:00.
    for (const utc of [
      '2026-10-25T00:00:00Z',
      '2026-10-25T00:59:00Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:59:00Z',
    ])
      assert.ok(open('02:00-03:00', utc), utc);
    assert.ok(!open('02:00-03:00', '2026-10-25T02:00:00Z'));
    assert.ok(open('sat 22:00-06:00', '2026-10-25T04:59:00Z'));
    assert.ok(!open('sat 22:00-06:00', '2026-10-25T05:00:00Z'));
  });

  it('know zones by their IANA names', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Eastern'])
      assert.ok(isTimeZone(zone), zone);
    for (const zone of ['Europe/Berln', '', 'CEST', '../../etc/passwd', 'Europe/Berlin\0'])
      assert.ok(!isTimeZone(zone), zone);
  });
});
