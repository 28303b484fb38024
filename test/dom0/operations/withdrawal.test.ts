import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../../../server/wire/contract.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { InProcessImageWriter } from '../../support/in-process-image-writer.js';

const IMAGE = Buffer.alloc(5 * 1024 * 1024, 'a new system ');
const OLD = Buffer.alloc(6 * 1024 * 1024, 'private letters ');

describe('an operation that is taken back', () => {
  let house: Dom0UnderTest;
  let writer: InProcessImageWriter;
  /** Lets the writing go on. */
  let go: () => void;
  const at = (name: string): string => join(house.directory, name);

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    writer = new InProcessImageWriter();
    const gone = new Promise<void>((resolve) => (go = resolve));
    writer.beforeWrite = (position) => (position > 0 ? gone : Promise.resolve());
    house.parts = { imageWriter: writer };
    await writeFile(at('debian.raw'), IMAGE);
    for (const name of ['horatio', 'ophelia']) await writeFile(at(`${name}.img`), OLD);
    const sha256 = createHash('sha256').update(IMAGE).digest('hex');
    const image = {
      title: 'Debian 13',
      file: at('debian.raw'),
      sha256,
      minimumMiB: null,
      types: ['pv' as const],
    };
    house.settings = { ...house.settings, images: { 'debian-13': image } };
  });
  afterEach(async () => {
    go();
    await house.dispose();
  });

  const reinstall = async (name: string): Promise<string> => {
    const answer = await house.client.submit(operationRequest(name, 'reinstall', { image: 'debian-13' }));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer.id;
  };
  const step = (id: string, wanted: OperationView['step']): Promise<OperationView> =>
    house.until(
      `step ${wanted}`,
      () => house.client.operation(id),
      (view) => view.step === wanted,
    );
  const withdraw = async (
    id: string,
    body: object = { withdrawn: true },
  ): Promise<OperationView & WireRefusal> =>
    (await house.client.ask('PUT', `/operations/${id}`, JSON.stringify(body))).body as OperationView &
      WireRefusal;
  const isOld = async (name: string): Promise<boolean> => (await readFile(at(`${name}.img`))).equals(OLD);

  it('is offered in the contract', async () => {
    await house.start();
    assert.equal(((await house.client.ask('GET', '/contract')).body as Contract).withdrawals, true);
  });

  it('while it waits for another one: its server is not even asked to shut down', async () => {
    house.toolstack.put('ophelia');
    await house.start();
    await step(await reinstall('horatio'), 'writing');
    const waiting = await reinstall('ophelia');
    const end = await withdraw(waiting);
    assert.deepEqual([end.phase, end.failure?.code], ['failed', 'undone']);
    assert.match(end.failure?.message ?? '', /The right to it was taken away before it began\./);
    go();
    await house.until(
      'the one before to end',
      () => house.client.domain('horatio'),
      ({ operation }) => operation === null,
    );
    assert.ok(!house.toolstack.calls.some((call) => call.endsWith('ophelia')), house.toolstack.calls.join());
    assert.ok(await isOld('ophelia'));
    assert.equal((await house.client.domain('ophelia')).incompleteDisk, undefined);
    assert.equal((await withdraw(waiting)).phase, 'failed', 'twice is the same as once');
  });

  it('while its server shuts down: nothing is written, and the server can be used', async () => {
    house.toolstack.put('ophelia');
    house.toolstack.on.set('shutdown', () => Promise.resolve(null));
    await house.start();
    const id = await reinstall('ophelia');
    await step(id, 'shutting-down');
    assert.equal((await withdraw(id)).failure?.code, 'undone');
    assert.ok(await isOld('ophelia'));
    assert.deepEqual(writer.written, []);
    const off = await house.client.run('ophelia', 'poweroff');
    assert.equal(off.phase, 'done');
  });

  it('not once it writes: half a disk is worse than the wrong system', async () => {
    await house.start();
    const id = await reinstall('horatio');
    await step(id, 'writing');
    assert.equal((await withdraw(id)).code, 'busy');
    go();
    const end = await house.client.ended(id);
    assert.deepEqual([end.phase, end.failure], ['done', null]);
    assert.equal((await withdraw(id)).phase, 'done');
  });

  it('only as a whole word of the contract, and only what lets keys in or erases', async () => {
    house.toolstack.put('ophelia');
    house.toolstack.on.set('shutdown', () => Promise.resolve(null));
    await house.start();
    assert.equal((await withdraw('00000000-0000-4000-8000-000000000000')).code, 'usage');
    const answer = await house.client.submit(operationRequest('ophelia', 'shutdown'));
    assert.ok('phase' in answer);
    await step(answer.id, 'shutting-down');
    assert.equal((await withdraw(answer.id)).code, 'busy');
    for (const body of [{}, { withdrawn: false }, { withdrawn: true, more: 1 }])
      assert.equal((await withdraw(answer.id, body)).code, 'usage');
    assert.equal((await house.client.operation(answer.id)).phase, 'running');
  });
});
