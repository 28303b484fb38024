import assert from 'node:assert/strict';
import { RoomTaken } from '../../../server/gate/recording/room-taken.js';
import type { Recording } from '../../../server/gate/recording/recording-store.js';
import { customerName, domainName } from '../../support/temporary-store.js';

const AT = '2026-11-30T00:00:00.000Z';

function file(id: string, bytes: number, endedAt: string | null = null): Recording {
  const names = { customer: customerName('alice'), domain: domainName('horatio') };
  return { ...names, id, bytes, endedAt, begunAt: AT, record: 'output', file: `/recordings/${id}` };
}

describe('gate: the room that recordings take', () => {
  let taken: RoomTaken;
  beforeEach(() => {
    taken = new RoomTaken();
  });
  const look = (...files: Recording[]): Promise<Recording[]> => taken.measure(() => Promise.resolve(files));

  it('is what the writers say while they write, and what the directory says afterwards', async () => {
    taken.grew('one', 700);
    taken.grew('one', 900);
    taken.grew('two', 50);
    assert.equal(taken.bytes, 950);
    await look(file('one', 100), file('two', 50), file('old', 7, AT));
    assert.equal(taken.bytes, 957, 'what waits to be written counts');
    taken.ended('one');
    assert.equal(taken.bytes, 957);
    await look(file('one', 880, AT), file('two', 50), file('old', 7, AT));
    assert.equal(taken.bytes, 937);
    await look(file('two', 50));
    assert.equal(taken.bytes, 50, 'removed');
  });

  it('knows the last size of one that ends while the directory is looked at', async () => {
    taken.grew('one', 400);
    await taken.measure(() => {
      const seen = [file('one', 100)];
      taken.grew('one', 900);
      taken.ended('one');
      return Promise.resolve(seen);
    });
    assert.equal(taken.bytes, 900);
    await look(file('one', 890, AT));
    assert.equal(taken.bytes, 890);
  });

  it('has one whose file the look has missed, unless it has ended', async () => {
    taken.grew('begun', 30);
    taken.grew('discarded', 40);
    await taken.measure(() => {
      taken.ended('discarded');
      return Promise.resolve([]);
    });
    assert.equal(taken.bytes, 30);
  });

  it('is not looked at anew when the directory cannot be read', async () => {
    taken.grew('one', 400);
    taken.ended('one');
    await assert.rejects(taken.measure(() => Promise.reject(new Error('EIO'))));
    assert.equal(taken.bytes, 400);
  });
});
