// GraphQL over SSE, in its distinct-connections mode.
import assert from 'node:assert/strict';
import { admin, makeEvent, makeToken, revokeToken, streamClient, url, test } from './clients.mjs';

const client = (headers = {}) => streamClient.createClient({ url, headers, retryAttempts: 0 });
const STREAM = { accept: 'text/event-stream' };
const JSON_STREAM = { ...STREAM, 'content-type': 'application/json' };

test('a query and a mutation', async () => {
  const results = [];
  for await (const result of client().iterate({ query: '{ __typename }' })) results.push(result);
  assert.deepEqual(results, [{ data: { __typename: 'Query' } }]);
  const mutation = 'mutation { declareFeature(input: { name: "test.by-stream" }) { feature { name } } }';
  const talk = client({ authorization: `Bearer ${admin}` });
  for await (const { data } of talk.iterate({ query: mutation })) {
    assert.equal(data.declareFeature.feature.name, 'test.by-stream');
  }
});

test('events as they come', async () => {
  const events = client().iterate({ query: 'subscription { gridChanged { event version } }' });
  const pending = events.next();
  // The subscription may begin behind the first of these.
  let first;
  pending.then((result) => (first = result));
  while (first === undefined) await makeEvent();
  assert.equal(first.value.errors, undefined);
  assert.ok(Number(first.value.data.gridChanged.event) > 0);
  await events.return();
});

test('a document that is refused is told in the stream', async () => {
  const answer = await fetch(url, { method: 'POST', headers: JSON_STREAM, body: '{"query":"{ nobody }"}' });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  const [next, complete] = (await answer.text()).split('\n\n');
  assert.match(next, /^event: next\ndata: /);
  assert.equal(JSON.parse(next.split('data: ')[1]).errors[0].extensions.code, 'BAD_USER_INPUT');
  assert.equal(complete, 'event: complete\ndata:');
});

test('GET streams queries, and refuses mutations', async () => {
  const get = (query) => fetch(`${url}?${new URLSearchParams({ query })}`, { headers: STREAM });
  assert.match(await (await get('{ __typename }')).text(), /event: next\ndata: \{"data":\{"__typename":"Query"\}\}/);
  assert.equal((await get('mutation { __typename }')).status, 405);
});

test('GET subscribes, as EventSource does', async () => {
  const query = 'subscription { gridChanged(after: 0) { event } }';
  const plain = await fetch(`${url}?${new URLSearchParams({ query })}`);
  assert.equal(plain.status, 405);
  await makeEvent();
  const answer = await fetch(`${url}?${new URLSearchParams({ query })}`, { headers: STREAM });
  assert.equal(answer.status, 200);
  const reader = answer.body.getReader();
  const { value } = await reader.read();
  assert.match(new TextDecoder().decode(value), /^event: next\ndata: \{"data":\{"gridChanged":\{"event":1\}\}\}/);
  await reader.cancel();
});

test('what is refused before has its status', async () => {
  const refused = async (headers, body) => (await fetch(url, { method: 'POST', headers, body })).status;
  assert.equal(await refused({ ...JSON_STREAM, authorization: 'Bearer x' }, '{"query":"{ __typename }"}'), 401);
  assert.equal(await refused(JSON_STREAM, '{'), 400);
  assert.equal(await refused({ ...STREAM, 'content-type': 'text/plain' }, '{"query":"{ __typename }"}'), 415);
});

test('a revoked token ends its streams within a second', async () => {
  const { secret, id } = await makeToken();
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...JSON_STREAM, authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query: 'subscription { jobRecorded { event } }' }),
  });
  assert.equal(answer.status, 200);
  await revokeToken(id);
  const began = performance.now();
  const told = await answer.text();
  assert.ok(performance.now() - began < 1000);
  assert.match(told, /UNAUTHENTICATED/);
  assert.match(told, /event: complete/);
});
