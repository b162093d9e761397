// GraphQL over HTTP.
import assert from 'node:assert/strict';
import { RESPONSE, admin, ask, auditServer, graphql, post, report, server, url, test } from './clients.mjs';

const json = { 'content-type': 'application/json' };

test('the audits of graphql-http', async () => {
  const results = await auditServer({ url });
  const failed = results.filter((result) => result.status !== 'ok');
  assert.deepEqual(failed.map(({ id, name, reason }) => ({ id, name, reason })), []);
  assert.equal(results.length, 61);
});

test('a stock client reads the schema', async () => {
  const schema = graphql.buildClientSchema(await ask(graphql.getIntrospectionQuery()));
  assert.ok(schema.getQueryType().getFields().grid);
  const full = graphql.getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
  });
  assert.deepEqual(graphql.validateSchema(graphql.buildClientSchema(await ask(full))), []);
});

const mutation = 'mutation { declareFeature(input: { name: "test.forged" }) { errors { message } } }';
const authorization = `Bearer ${admin}`;

test('what a form or link of another site can send changes nothing', async () => {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: mutation }));
  const fields = new URLSearchParams({ query: mutation });
  const attempts = [
    [`${url}?${fields}`, { method: 'GET' }, 405],
    [url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query: mutation }) }, 415],
    [url, { method: 'POST', body: form }, 415],
    [url, { method: 'POST', body: fields }, 415],
    [`${url}?${fields}`, { method: 'POST' }, 415],
    [url, { method: 'PUT', headers: json, body: JSON.stringify({ query: mutation }) }, 405],
  ];
  for (const [where, { headers, ...how }, status] of attempts) {
    const answer = await fetch(where, { ...how, headers: { ...headers, authorization } });
    assert.equal(answer.status, status, JSON.stringify(how));
    if (status === 405) assert.match(answer.headers.get('allow'), /POST/);
  }
  const { feature } = await ask('{ feature(name: "test.forged") { id } }');
  assert.equal(feature, null);
});

test('every refusal has a code and no 5xx', async () => {
  const deep = (n) => '{ a '.repeat(n) + '}'.repeat(n);
  const attempts = [
    [{ query: '{' }, 400, 'BAD_USER_INPUT'],
    [{ query: '' }, 400, 'BAD_USER_INPUT'],
    [{ query: '{ nobody }' }, 400, 'BAD_USER_INPUT'],
    [{ query: 'query A { __typename } query B { __typename }' }, 400, 'BAD_USER_INPUT'],
    [{ query: 'query A { __typename }', operationName: 'B' }, 400, 'BAD_USER_INPUT'],
    [{ query: 'subscription { jobRecorded { event } }' }, 400, 'BAD_USER_INPUT'],
    [{ query: deep(40) }, 400, 'LIMIT_EXCEEDED'],
    [{ query: `{ ${'__typename '.repeat(2000)} }` }, 400, 'LIMIT_EXCEEDED'],
    [{ query: `{ ${'[['.repeat(50000)} }` }, 400, 'LIMIT_EXCEEDED'],
    [{ query: '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }' }, 400, 'BAD_USER_INPUT'],
    ['[{"query":"{ __typename }"}]', 400, 'BAD_USER_INPUT'],
    ['[]', 400, 'BAD_USER_INPUT'],
    ['null', 400, 'BAD_USER_INPUT'],
    ['\u0000', 400, 'BAD_USER_INPUT'],
    ['['.repeat(100000), 400, 'BAD_USER_INPUT'],
    [`{"query":"${' '.repeat(300000)}"}`, 413, 'LIMIT_EXCEEDED'],
  ];
  for (const [body, status, code] of attempts) {
    const answer = await post(body);
    const shown = JSON.stringify(body).slice(0, 80);
    assert.equal(answer.status, status, shown);
    assert.equal(answer.errors[0].extensions.code, code, shown);
    assert.ok(!('data' in answer), shown);
  }
});

test('an answer has at most twenty errors', async () => {
  const fields = Array.from({ length: 300 }, (_, n) => `a${n}`).join(' ');
  const { errors } = await post({ query: `{ ${fields} }` });
  assert.equal(errors.length, 20);
});

test('variables that nobody declares are ignored', async () => {
  const variables = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`v${n}`, n]));
  const answer = await post({ query: '{ __typename }', variables });
  assert.equal(answer.status, 200);
  assert.equal(answer.data.__typename, 'Query');
});

test('a request that wants to know gets its cost', async () => {
  const body = { query: '{ labs(first: 3) { nodes { name } } }', extensions: { cost: true } };
  const { extensions } = await post(body);
  assert.deepEqual(extensions.cost, {
    complexity: 3,
    depth: 3,
    nodes: 3,
    limits: { complexity: 1000, depth: 15, nodes: 10000 },
  });
});

test('tokens', async () => {
  const query = '{ viewer { scope } }';
  for (const presented of [`Bearer ${report}`, `bearer ${report}`, `Token ${report}`, report]) {
    const { data } = await post({ query }, { authorization: presented });
    assert.equal(data.viewer.scope, 'REPORT');
  }
  for (const presented of ['', 'Bearer', 'Bearer x', `Bearer ${report}x`, 'Basic eDp5']) {
    const answer = await post({ query }, { authorization: presented });
    assert.equal(answer.status, 401, presented);
    assert.equal(answer.errors[0].extensions.code, 'UNAUTHENTICATED');
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
  }
});

const GRID = { query: '{ grid(rows: VERSION, columns: FEATURE) { event totalRows columns { name } } }' };

test('the answer of a grid is kept until an event', async () => {
  const name = `test.kept-${process.pid}`;
  const names = async (headers) => (await post(GRID, headers)).data.grid.columns.map((column) => column.name);
  assert.deepEqual(await names(), await names());
  assert.ok(!(await names()).includes(name));
  const declare = `mutation { declareFeature(input: { name: "${name}" }) { errors { message } } }`;
  await ask(declare, {}, admin);
  for (const headers of [{}, { 'accept-encoding': 'gzip' }, { authorization: `Bearer ${report}` }, { authorization }]) {
    assert.ok((await names(headers)).includes(name), JSON.stringify(headers));
  }
  const kept = await (await fetch(`${server}/metrics`)).text();
  assert.match(kept, /lavafed_answers_total\{from="kept"\} [1-9]/);
});

test('a wrong token is refused although the answer is kept', async () => {
  assert.equal((await post(GRID)).status, 200);
  assert.equal((await post(GRID, { authorization: 'Bearer x' })).status, 401);
});

test('answers are packed as the client likes', async () => {
  const query = graphql.getIntrospectionQuery();
  for (const encoding of ['br', 'gzip']) {
    const answer = await post({ query }, { 'accept-encoding': encoding });
    assert.equal(answer.headers.get('content-encoding'), encoding);
    assert.ok(answer.data.__schema);
  }
});

test('the other form of answer says 200 of what it could read', async () => {
  const answer = await post({ query: '{ nobody }' }, { accept: 'application/json' });
  assert.equal(answer.status, 200);
  assert.equal((await post({ query: '{ nobody }' }, { accept: 'image/png' })).status, 406);
});

test('pages, probes and headers', async () => {
  for (const path of ['/', '/healthz', '/readyz', '/metrics', '/graphql?query={__typename}']) {
    const answer = await fetch(server + path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', path);
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/, path);
    assert.equal(answer.headers.get('access-control-allow-origin'), null, path);
    const head = await fetch(server + path, { method: 'HEAD' });
    assert.equal(head.status, answer.status, path);
    assert.equal(await head.text(), '', path);
  }
  assert.equal((await fetch(`${server}/api/nothing`)).status, 404);
  assert.equal((await fetch(`${server}/missing.js`)).status, 404);
  assert.equal((await fetch(server, { method: 'POST' })).status, 405);
});

test('the door for LAVA', async () => {
  const door = `${server}/api/lava/callback`;
  const send = (headers, body = '{}', where = door) => fetch(where, { method: 'POST', headers, body, redirect: 'error' });
  const told = async (answer) => [answer.status, (await answer.json()).code];
  assert.deepEqual(await told(await send(json)), [401, 'UNAUTHENTICATED']);
  assert.deepEqual(await told(await send({ ...json, authorization: 'x' })), [401, 'UNAUTHENTICATED']);
  assert.deepEqual(await told(await send({ ...json, authorization: admin })), [403, 'FORBIDDEN']);
  const ours = { ...json, authorization: report };
  assert.deepEqual(await told(await send(ours)), [400, 'NOTIFICATION_INVALID']);
  assert.deepEqual(await told(await send(ours, '{}', `${door}/`)), [400, 'NOTIFICATION_INVALID']);
  assert.deepEqual(await told(await send({ ...ours, 'content-type': 'text/plain' })), [415, 'BAD_USER_INPUT']);
  assert.deepEqual(await told(await send(ours, ' '.repeat(17 * 1024 * 1024))), [413, 'LIMIT_EXCEEDED']);
  const got = await fetch(door);
  assert.equal(got.status, 405);
  assert.equal(got.headers.get('allow'), 'POST');
});

test('a notification is answered with its receipt', async () => {
  const body = JSON.stringify({
    id: 7, status: 2, status_string: 'complete', state: 5, state_string: 'Finished', health: 1,
    health_string: 'Complete', submit_time: '2026-11-22 09:59:25.896974+00:00', start_time: null, end_time: null,
    submitter_username: 'x', description: 'd', actual_device_id: 'qemu-1', failure_tags: '', failure_comment: null,
    definition: 'job_name: d\ndevice_type: qemu\nmetadata:\n  lavafed.type: FED\n  lavafed.version: "2026.10"\n',
  });
  const send = async () => {
    const answer = await fetch(`${server}/api/lava/callback`, { method: 'POST', headers: { ...json, authorization: report }, body });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const first = await send();
  assert.equal(first.deliveries, 1);
  const second = await send();
  assert.deepEqual([second.receipt, second.deliveries], [first.receipt, 2]);
});

test('the form of a refusal of a subscription', async () => {
  const answer = await post({ query: 'subscription { jobRecorded { event } }' }, { accept: RESPONSE });
  assert.match(answer.errors[0].message, /transport/);
});
