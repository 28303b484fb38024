import assert from 'node:assert/strict';
import { forgetExchange, forgetLogin } from '../../../server/gate/ssh/ended-exchange.js';
import { onKeyExchange, watchKeyExchangesOf } from '../../../server/gate/ssh/key-exchange-events.js';
import type { Ssh2KeyExchange, Ssh2Protocol } from '../../../server/gate/ssh/ssh2-private.js';

const pieceOf = (text: string): Buffer =>
  Buffer.alloc(64 * 1024)
    .fill(text, 0, text.length)
    .subarray(0, text.length);

function protocolAfter(exchange: object, client = 'SSH-2.0-OpenSSH_9.2p1'): Ssh2Protocol {
  return {
    _kex: exchange,
    _kexinit: undefined,
    _identRaw: pieceOf('SSH-2.0-Postern'),
    _remoteIdentRaw: pieceOf(client),
    _cipher: { _dead: false },
    _decipher: { _tag: pieceOf('tag'), _onPayload: () => undefined },
  } as unknown as Ssh2Protocol;
}

const exchanged = (): object => ({
  sessionID: pieceOf('the first hash'),
  negotiated: { kex: 'curve25519-sha256', serverHostKey: 'ssh-ed25519' },
  remoteExtInfoEnabled: true,
  _keys: { privateKey: 'secret' },
  finish: () => 'knows the shared secret',
});

describe('gate/ssh: an exchange that has ended', () => {
  it('leaves nothing but what later messages and exchanges need', () => {
    const protocol = protocolAfter(exchanged());
    forgetExchange(protocol);
    const { _kex: kept } = protocol;
    assert.deepEqual(
      { ...kept },
      {
        remoteExtInfoEnabled: false,
        sessionID: Buffer.from('the first hash'),
        negotiated: { kex: 'curve25519-sha256', serverHostKey: 'ssh-ed25519' },
      },
    );
  });

  it('keeps no piece of a buffer that others share', () => {
    const protocol = protocolAfter(exchanged());
    forgetExchange(protocol);
    const { _tag: tag } = protocol._decipher as unknown as { _tag: Buffer };
    for (const bytes of [protocol._kex?.sessionID, protocol._identRaw, protocol._remoteIdentRaw, tag])
      assert.equal(bytes?.buffer.byteLength, bytes?.length);
  });

  it('shares the identification lines of all connections', () => {
    const [one, other] = [protocolAfter(exchanged()), protocolAfter(exchanged())];
    for (const protocol of [one, other]) forgetExchange(protocol);
    assert.equal(one._remoteIdentRaw, other._remoteIdentRaw);
    assert.equal(String(one._remoteIdentRaw), 'SSH-2.0-OpenSSH_9.2p1');
  });

  it('shares what was negotiated with those alone that negotiated the same', () => {
    const other = { ...exchanged(), negotiated: { kex: 'curve25519-sha256', serverHostKey: 'ssh-rsa' } };
    const [one, same, different] = [exchanged(), exchanged(), other].map((exchange) =>
      protocolAfter(exchange),
    );
    for (const protocol of [one, same, different]) if (protocol !== undefined) forgetExchange(protocol);
    assert.equal(one?._kex?.negotiated, same?._kex?.negotiated);
    assert.equal(different?._kex?.negotiated.serverHostKey, 'ssh-rsa');
    assert.equal(one?._kex?.negotiated.serverHostKey, 'ssh-ed25519');
  });

  it('keeps the right line of each of many clients', () => {
    for (let at = 0; at < 1_000; at += 1) {
      const protocol = protocolAfter(exchanged(), `SSH-2.0-client${at}`);
      forgetExchange(protocol);
      assert.equal(String(protocol._remoteIdentRaw), `SSH-2.0-client${at}`);
    }
  });

  it('stays as it is while another one goes on', () => {
    const protocol = protocolAfter(exchanged());
    const before = protocol._kex;
    (protocol as { _kexinit: Buffer })._kexinit = Buffer.alloc(1);
    forgetExchange(protocol);
    assert.equal(protocol._kex, before);
  });

  it('is no new exchange for those who listen', () => {
    const protocol = protocolAfter(exchanged());
    const heard: Ssh2KeyExchange[] = [];
    watchKeyExchangesOf(protocol);
    onKeyExchange(protocol, (exchange) => heard.push(exchange));
    const exchange = exchanged() as Ssh2KeyExchange;
    protocol._kex = exchange;
    forgetExchange(protocol);
    assert.notEqual(protocol._kex, exchange);
    assert.deepEqual(heard, [exchange]);
  });

  it('ends with the login, and with it the messages that only a login has', () => {
    const handler = (): void => undefined;
    const handlers = { USERAUTH_REQUEST: handler, CHANNEL_OPEN_CONFIRMATION: handler, CHANNEL_DATA: handler };
    forgetLogin({ _handlers: handlers } as unknown as Ssh2Protocol);
    assert.deepEqual(
      Object.entries(handlers).filter(([, kept]) => (kept as unknown) !== undefined),
      [['CHANNEL_DATA', handler]],
    );
  });

  it('takes no message of an exchange that did not begin', () => {
    const protocol = protocolAfter(exchanged());
    forgetExchange(protocol);
    const { parse } = protocol._kex as unknown as { parse(payload: Buffer): void };
    assert.throws(() => parse(Buffer.from([21])), /came before the exchange/);
  });
});
