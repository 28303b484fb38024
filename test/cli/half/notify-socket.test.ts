import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { NotifySocket, takeNotifyPlace } from '../../../server/cli/half/notify-socket.js';
import { eventually } from '../../support/eventually.js';
import { NotifyListener } from '../../support/notify-listener.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('the socket on which systemd listens', () => {
  it('is named by variables, which no child of the process gets', () => {
    const environment = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7', HOME: '/' };
    assert.deepEqual(takeNotifyPlace(environment, 7), { socket: '/run/n', watchdogMs: 60_000 });
    assert.deepEqual(environment, { HOME: '/' });
  });

  it('asks for no watchdog of another process, and for none without a time', () => {
    const named = { NOTIFY_SOCKET: '@n' };
    const none = { socket: '@n', watchdogMs: null };
    assert.deepEqual(takeNotifyPlace({ ...named }, 7), none);
    assert.deepEqual(takeNotifyPlace({ ...named, WATCHDOG_USEC: '9', WATCHDOG_PID: '8' }, 7), none);
    for (const period of ['', '0', '-1', '1e3', 'x'])
      assert.deepEqual(takeNotifyPlace({ ...named, WATCHDOG_USEC: period }, 7), none, period);
    assert.equal(takeNotifyPlace({ ...named, WATCHDOG_USEC: '2000000' }, 7)?.watchdogMs, 2000);
  });

  it('is nowhere without the variable, or when it names nothing that we can reach', () => {
    for (const socket of [undefined, '', '/', '@', 'run/n', 'vsock:2:99'])
      assert.equal(takeNotifyPlace({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '9' }, 7), null, socket);
  });

  for (const kind of ['a path', 'an abstract name'])
    it(`hears what is told, by ${kind}`, async () => {
      const directory = new TemporaryDirectory();
      const path = directory.file('notify');
      const listener = await NotifyListener.open(kind === 'a path' ? path : `@${path}`);
      try {
        const socket = NotifySocket.open(listener.socket);
        assert.equal(socket.tell('READY=1', 'STATUS=Zwölf Gäste.'), 0);
        await listener.told('STATUS=Zwölf Gäste.');
        assert.deepEqual(listener.messages, [['READY=1', 'STATUS=Zwölf Gäste.']]);
      } finally {
        await listener.close();
        directory.dispose();
      }
    });

  it('says when nobody can ever hear', () => {
    assert.equal(NotifySocket.open('/nowhere/notify').tell('READY=1'), constants.errno.ENOENT);
    assert.equal(NotifySocket.open(`/${'x'.repeat(300)}`).tell('READY=1'), constants.errno.ENAMETOOLONG);
  });

  it('that is full gets everything later, in order', async () => {
    const sent: string[] = [];
    let isFull = true;
    const socket = new NotifySocket('/run/n', (_, message) => {
      if (isFull) return constants.errno.EAGAIN;
      sent.push(message);
      return 0;
    });
    assert.equal(socket.tell('READY=1'), 0);
    assert.equal(socket.tell('STATUS=a'), 0);
    assert.equal(socket.tell('STATUS=a'), 0);
    assert.deepEqual(sent, []);
    isFull = false;
    await eventually('what waits to be sent', () => sent.length > 0);
    assert.deepEqual(sent, ['READY=1', 'STATUS=a']);
  });

  it('that was full for two reloads is told last that the half is ready, and only its last status', async () => {
    const sent: string[] = [];
    let isFull = true;
    const socket = new NotifySocket('/run/n', (_, message) => {
      if (isFull) return constants.errno.ENOBUFS;
      sent.push(message);
      return 0;
    });
    for (const status of ['STATUS=a', 'STATUS=b', 'STATUS=a']) socket.tell(status);
    for (const time of [1, 2]) {
      socket.tell('RELOADING=1', `MONOTONIC_USEC=${time}`);
      socket.tell('READY=1');
    }
    isFull = false;
    await eventually('what waits to be sent', () => sent.at(-1) === 'READY=1');
    assert.deepEqual(sent, [
      'STATUS=a',
      'RELOADING=1\nMONOTONIC_USEC=1',
      'RELOADING=1\nMONOTONIC_USEC=2',
      'READY=1',
    ]);
  });
});
