import { demo } from './demo';

/** One request to the console's REST API, as a script with the demo's token sends it. */
async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(demo.url + path, {
    method,
    headers: { authorization: `Bearer ${demo.token}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

export const get = (path: string) => ask('GET', path);
export const post = (path: string, body: unknown) => ask('POST', path, body);
export const remove = (path: string) => ask('DELETE', path);

/** Takes a backup and returns its job's number. */
export async function backUp(): Promise<number> {
  const { freshness } = await get('/api/v1/fleet');
  const operation = {
    operation: 'backups.take',
    engine: freshness[0].node,
    kind: 'hot_logical_full',
  };
  const plan = await post('/api/v1/plans', { operation });
  const { id } = await post('/api/v1/jobs', { plan: plan.id, hash: plan.hash });
  return id;
}

interface Instance {
  id: string;
  holder: { node?: number };
  members: Record<string, { node: number; node_name: string }>;
}

/** The director that holds an instance's addresses. */
export async function holder(instance: string): Promise<string | undefined> {
  const { instances }: { instances: Record<string, Instance> } = await get('/api/v1/vrrp');
  const found = Object.values(instances).find((other) => other.id === instance);
  const members = Object.values(found?.members ?? {});
  return members.find((member) => member.node === found?.holder.node)?.node_name;
}
