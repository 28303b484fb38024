import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deviceName, deviceNumber } from '../../../server/dom0/images/device-number.js';
import { blockLayers } from '../../../server/dom0/observation/block-layers.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const number = (name: string): bigint => deviceNumber(name) ?? assert.fail(name);

describe('what a block device lies on', () => {
  const temporary = new TemporaryDirectory();
  const directory = temporary.path;
  after(() => {
    temporary.dispose();
  });
  const sys = join(directory, 'dev', 'block');
  const put = (path: string, text: string): void => {
    temporary.write(path, text);
  };
  const device = (name: string, at: string): void => {
    put(`${at}/dev`, `${name}\n`);
    mkdirSync(sys, { recursive: true });
    symlinkSync(join(directory, at), join(sys, name));
  };
  const slave = (of: string, at: string): void => {
    mkdirSync(join(directory, of, 'slaves'), { recursive: true });
    symlinkSync(join(directory, at), join(directory, of, 'slaves', at.split('/').at(-1) ?? ''));
  };

  before(() => {
    device('8:0', 'block/sda');
    device('8:2', 'block/sda/sda2');
    put('block/sda/sda2/partition', '2\n');
    device('259:1048575', 'block/nvme0n1');
    device('9:0', 'virtual/md0');
    slave('virtual/md0', 'block/sda/sda2');
    slave('virtual/md0', 'block/nvme0n1');
    device('253:0', 'virtual/dm-0');
    slave('virtual/dm-0', 'virtual/md0');
    device('7:0', 'virtual/loop0');
    put('virtual/loop0/loop/backing_file', '/srv/my disk.img\n');
    device('259:0', 'virtual/loop0/loop0p1');
    put('virtual/loop0/loop0p1/partition', '1\n');
  });

  const CASES = [
    ['8:0', [], []],
    ['8:2', ['8:0'], []],
    ['9:0', ['8:0', '8:2', '259:1048575'], []],
    ['253:0', ['8:0', '8:2', '9:0', '259:1048575'], []],
    ['7:0', [], ['/srv/my disk.img']],
    ['259:0', ['7:0'], ['/srv/my disk.img']],
    ['66:6', [], []],
  ] as const;
  for (const [name, devices, files] of CASES) {
    it(`${name}: ${devices.join(', ')} ${files.join('')}`, async () => {
      const found = await blockLayers(sys)(number(name));
      assert.deepEqual(found.devices.map(deviceName).sort(), [...devices].sort());
      assert.deepEqual(found.files, files);
    });
  }

  it('has numbers as stat(2) has them', () => {
    for (const [name, rdev] of [
      ['8:1', 0x801n],
      ['253:0', 0xfd00n],
      ['259:1048575', 0xfff103ffn],
    ] as const) {
      assert.equal(deviceNumber(name), rdev);
      assert.equal(deviceName(rdev), name);
    }
    for (const wrong of ['', '8', '8:', ':1', '8:1:1', 'a:b', '-1:0'])
      assert.equal(deviceNumber(wrong), null);
  });
});
