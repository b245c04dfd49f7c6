import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { demo } from './demo';

/** A console of its own with an empty data directory, as after installation. */
export class FreshConsole {
  private constructor(
    private process: ChildProcess,
    private data: string,
    /** What the console prints at its first start: the address where the first admin is made. */
    readonly setUpLink: string,
  ) {}

  static async start(): Promise<FreshConsole> {
    const data = mkdtempSync(path.join(tmpdir(), 'signalbox-first-run-'));
    const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--site', demo.site];
    const process = spawn(demo.program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of createInterface(process.stdout)) {
      if (line.startsWith('http')) return new FreshConsole(process, data, line.trim());
    }
    throw new Error('the console ended before it printed its set-up link');
  }

  get url(): string {
    return new URL(this.setUpLink).origin;
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    // By the process that was started here, never by name: the demo's console is the same program.
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.data, { recursive: true });
  }
}

/** The fingerprint of a node's host key, as the machine itself offers it. */
export function fingerprint(address: string): string {
  const scan = ['-t', 'ed25519', address];
  const keys = execFileSync('ssh-keyscan', scan, { stdio: ['ignore', 'pipe', 'ignore'] });
  const printed = execFileSync('ssh-keygen', ['-lf', '-'], { input: keys }).toString();
  return printed.split(' ')[1];
}
