// The clients of others, and what the scripts ask with.
import { createRequire } from 'node:module';
import nodeTest from 'node:test';

const require = createRequire(`${process.env.CLIENTS}/`);
export const graphql = require('graphql');
export const { auditServer } = require('graphql-http');
export const socketClient = require('graphql-ws');
export const streamClient = require('graphql-sse');
export const WebSocket = require('ws');

/** A test that hangs fails. */
export const test = (name, run) => nodeTest(name, { timeout: 20000 }, run);

export const server = process.env.SERVER;
export const url = `${server}/graphql`;
export const socketUrl = url.replace('http:', 'ws:');
export const admin = process.env.ADMIN;
export const report = process.env.REPORT;

export const RESPONSE = 'application/graphql-response+json';

/** Posts a request and reads its answer. */
export async function post(body, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: RESPONSE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, ...(await answer.json()) };
}

/** The data of a request that must succeed. */
export async function ask(query, variables, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await post({ query, variables }, headers);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

let declared = 0;

/** Makes one event: a feature is declared. */
export function makeEvent() {
  declared += 1;
  const name = `test.protocol-${process.pid}-${declared}`;
  const mutation = 'mutation ($name: String!) { declareFeature(input: { name: $name }) { errors { message } } }';
  return ask(mutation, { name }, admin);
}

/** A token of its own, and its id. */
export async function makeToken() {
  const mutation =
    'mutation { createToken(input: { description: "t", scope: READ }) { secret token { id } errors { message } } }';
  const { createToken } = await ask(mutation, {}, admin);
  return { secret: createToken.secret, id: createToken.token.id };
}

export function revokeToken(id) {
  const mutation = 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { errors { message } } }';
  return ask(mutation, { id }, admin);
}
