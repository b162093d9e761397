// graphql-transport-ws.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { WebSocket, makeEvent, makeToken, report, revokeToken, server, socketClient, socketUrl, test } from './clients.mjs';

const PROTOCOL = 'graphql-transport-ws';
const SUBSCRIBE = 'subscription { gridChanged { event version } }';

// What a test leaves open would keep this process from ending.
const sockets = [];
after(() => sockets.forEach((socket) => socket.terminate()));

/** A raw socket that keeps what it hears. */
function open({ protocol = PROTOCOL, headers = {} } = {}) {
  const socket = new WebSocket(socketUrl, protocol, { headers });
  sockets.push(socket);
  const heard = [];
  const waiting = [];
  const notice = () => waiting.splice(0).forEach((wake) => wake());
  const closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on('message', (text) => {
    heard.push(JSON.parse(text));
    notice();
  });
  const opened = new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const say = (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const hear = async () => {
    while (heard.length === 0) await new Promise((wake) => waiting.push(wake));
    return heard.shift();
  };
  return { socket, opened, closed, say, hear };
}

async function greeted(payload) {
  const talk = open();
  await talk.opened;
  talk.say({ type: 'connection_init', payload });
  assert.deepEqual(await talk.hear(), { type: 'connection_ack' });
  return talk;
}

const subscribe = (id, query = SUBSCRIBE) => ({ type: 'subscribe', id, payload: { query } });

test('4400: a message that is none', async () => {
  for (const wrong of ['hello', '[]', '{}', { type: 'start' }, { type: 'subscribe', id: '', payload: { query: '{ a }' } }, { type: 'subscribe', id: '1' }]) {
    const talk = await greeted();
    talk.say(wrong);
    assert.equal((await talk.closed).code, 4400, JSON.stringify(wrong));
  }
  const binary = await greeted();
  binary.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
  assert.equal((await binary.closed).code, 4400);
});

test('4401: an operation before the greeting', async () => {
  const talk = open();
  await talk.opened;
  talk.say(subscribe('1'));
  assert.deepEqual(await talk.closed, { code: 4401, reason: 'Unauthorized' });
});

test('4403: a token that is none', async () => {
  const talk = open();
  await talk.opened;
  talk.say({ type: 'connection_init', payload: { authorization: 'Bearer x' } });
  assert.equal((await talk.closed).code, 4403);
});

test('4406: another protocol', async () => {
  const talk = open({ protocol: [] });
  assert.equal((await talk.closed).code, 4406);
});

test('4408: no greeting', async () => {
  const talk = open();
  assert.equal((await talk.closed).code, 4408);
});

test('4409: an id twice', async () => {
  const talk = await greeted();
  talk.say(subscribe('same'));
  talk.say(subscribe('same'));
  assert.deepEqual(await talk.closed, { code: 4409, reason: 'Subscriber for same already exists' });
});

test('4429: a greeting twice', async () => {
  const talk = await greeted();
  talk.say({ type: 'connection_init' });
  assert.equal((await talk.closed).code, 4429);
});

test('a page of another site is refused', async () => {
  await assert.rejects(open({ headers: { origin: 'https://elsewhere.example' } }).opened, /403/);
  await assert.rejects(open({ headers: { origin: 'null' } }).opened, /403/);
  await open({ headers: { origin: server } }).opened;
});

test('ping is answered, also before the greeting', async () => {
  const talk = open();
  await talk.opened;
  talk.say({ type: 'ping' });
  assert.deepEqual(await talk.hear(), { type: 'pong' });
});

test('a document that is refused is an error, and the socket goes on', async () => {
  const talk = await greeted();
  for (const query of ['{', '{ nobody }', '{ a '.repeat(40) + '}'.repeat(40)]) {
    talk.say(subscribe('1', query));
    const { type, id, payload } = await talk.hear();
    assert.deepEqual([type, id], ['error', '1']);
    assert.ok(payload[0].extensions.code);
  }
});

test('more operations than a socket may have', async () => {
  const talk = await greeted();
  for (let n = 0; n <= 64; n += 1) talk.say(subscribe(String(n)));
  const { type, id, payload } = await talk.hear();
  assert.deepEqual([type, id, payload[0].extensions.code], ['error', '64', 'LIMIT_EXCEEDED']);
});

test('an id is free again after complete', async () => {
  const talk = await greeted();
  for (let n = 0; n < 5; n += 1) {
    talk.say(subscribe('1'));
    talk.say({ type: 'complete', id: '1' });
  }
  talk.say(subscribe('1', '{ __typename }'));
  assert.deepEqual(await talk.hear(), { type: 'next', id: '1', payload: { data: { __typename: 'Query' } } });
  assert.deepEqual(await talk.hear(), { type: 'complete', id: '1' });
});

function client(options = {}) {
  return socketClient.createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

test('the client of graphql-ws: a query, and events as they come', async () => {
  const talk = client({ connectionParams: { authorization: `Bearer ${report}` } });
  for await (const { data } of talk.iterate({ query: '{ viewer { scope } }' })) {
    assert.equal(data.viewer.scope, 'REPORT');
  }
  const before = [];
  for await (const { data } of talk.iterate({ query: '{ server { event } }' })) before.push(data.server.event);
  await makeEvent();
  const after = talk.iterate({
    query: 'subscription ($after: EventNumber) { gridChanged(after: $after) { event version } }',
    variables: { after: before[0] },
  });
  const first = await after.next();
  assert.equal(first.value.errors, undefined);
  assert.equal(Number(first.value.data.gridChanged.event), Number(before[0]) + 1);
  const [second] = await Promise.all([after.next(), makeEvent()]);
  assert.equal(Number(second.value.data.gridChanged.event), Number(before[0]) + 2);
  await after.return();
  await talk.dispose();
});

test('a subscriber that is too late is told so', async () => {
  const talk = await greeted();
  talk.say(subscribe('1', 'subscription { gridChanged(after: 999999) { event } }'));
  const { type, payload } = await talk.hear();
  assert.equal(type, 'error');
  assert.ok(payload[0].extensions.code);
});

test('a revoked token closes its sockets within a second', async () => {
  const { secret, id } = await makeToken();
  const talk = await greeted({ Authorization: `Bearer ${secret}` });
  const byHeader = open({ headers: { authorization: secret } });
  await byHeader.opened;
  byHeader.say({ type: 'connection_init' });
  await byHeader.hear();
  talk.say(subscribe('1'));
  await revokeToken(id);
  const began = performance.now();
  assert.equal((await talk.closed).code, 4403);
  assert.equal((await byHeader.closed).code, 4403);
  assert.ok(performance.now() - began < 1000);
});

test('a message that is too long ends the socket', async () => {
  const talk = await greeted();
  talk.say(subscribe('1', ' '.repeat(300000)));
  assert.notEqual((await talk.closed).code, 1000);
});
