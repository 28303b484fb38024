import assert from 'node:assert/strict';
import { openLog } from '../../../server/cli/half/log.js';

describe('the log of a half', () => {
  let lines: Record<string, unknown>[];
  const to = {
    write: (line: string): void => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  };

  beforeEach(() => {
    lines = [];
  });

  it('names the event last, with its facts, and says in words what a warning means', () => {
    const log = openLog('gate', 'debug', { worker: 2 }, to);
    const fields = { host: 'b', err: new Error('no answer') };
    log.warn(fields, 'host.unreachable');
    log.error(fields, 'audit.unwritable');
    log.fatal(fields, 'gate.not-started');
    assert.deepEqual(Object.keys(fields), ['host', 'err'], "the fields are the caller's");
    for (const [at, [level, msg, means]] of [
      ['warn', 'host.unreachable', /^The host cannot be reached.*`postern doctor`\.$/],
      ['error', 'audit.unwritable', /^The audit log cannot be written/],
      ['fatal', 'gate.not-started', /^The gate cannot start/],
    ].entries() as ArrayIterator<[number, [string, string, RegExp]]>) {
      const { means: said, err, time, ...line } = lines[at] ?? assert.fail(`no line ${at}`);
      assert.deepEqual(line, { level, half: 'gate', pid: process.pid, worker: 2, host: 'b', msg });
      assert.match(String(said), means);
      assert.match(JSON.stringify(err), /"message":"no answer".*log\.test/);
      assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
      assert.equal(Object.keys(lines[at] ?? {}).at(-1), 'msg');
    }
  });

  it('is short at info, and when a warning is told again at debug', () => {
    const log = openLog('dom0', 'debug', {}, to);
    log.info({ socket: '/s' }, 'dom0.listening');
    log.debug({ domain: 'horatio' }, 'rescue.no-host-key');
    assert.deepEqual(
      lines.map(({ msg, means }) => [msg, means]),
      [
        ['dom0.listening', undefined],
        ['rescue.no-host-key', undefined],
      ],
    );
  });

  it('writes what its level asks for, which a reload may change', () => {
    const log = openLog('dom0', 'info', {}, to);
    log.debug({}, 'console.ended');
    log.level = 'error';
    log.warn({}, 'console.no-pty');
    log.error({}, 'api.fault');
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['api.fault'],
    );
  });
});
