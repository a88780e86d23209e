import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { readJson } from '../http/body.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { backupView } from '../http/views.ts';
import { Documented } from '../open-api/documented.ts';
import { backupExample, backupStartedExample, listOf } from '../open-api/examples.ts';

@ApiTags('Backups')
@Controller('api/v1/backups')
export class BackupsController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Post()
  @HttpCode(202)
  @Documented({
    summary: 'Begin a backup of the whole hub',
    description:
      "Answered when it runs; ask for it by its name until it is `complete`. It is put into the hub's backup folder " +
      '(`--backup-dir`) under its name, which is made from the time unless given; a request chooses no other place. ' +
      'The hub goes on meanwhile. One is made at a time.',
    body: { name: 'before-the-move' },
    bodySchema: 'BackupName',
    answerSchema: 'Backup',
    answers: { 202: backupStartedExample },
    problems: [409, 507],
  })
  async start(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: unknown,
  ): Promise<unknown> {
    new Parameters(query).only();
    return backupView(await this.api.backups.start(nameOf(await readJson(this.api, request, reply))));
  }

  @Get()
  @Documented({
    summary: 'Backups that are there, the one that runs, the last that failed; newest first',
    description: 'All of them: `next` is always null.',
    answers: { 200: listOf(backupExample) },
  })
  async list(@Query() query: unknown): Promise<unknown> {
    new Parameters(query).only();
    return { items: (await this.api.backups.list()).map(backupView), next: null };
  }

  @Get(':name')
  @Documented({
    summary: 'One backup',
    path: { name: '2026-09-21T14-13-20Z' },
    answerSchema: 'Backup',
    answers: { 200: backupExample },
    problems: [404],
  })
  async one(@Param('name') name: string, @Query() query: unknown): Promise<unknown> {
    new Parameters(query).only();
    const backup = (await this.api.backups.list()).find((each) => each.name === name);
    if (backup === undefined) throw new Problem('not-found', `There is no backup "${name}".`);
    return backupView(backup);
  }
}

/** @throws Problem 400 */
function nameOf(body: unknown): string | undefined {
  const fault = 'The body is an object such as {"name":"before-the-move"}, or {}.';
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Problem('bad-request', fault);
  const { name, ...others } = body as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Problem('bad-request', `There is no field "${other}"; there is name. ${fault}`);
  if (name !== undefined && typeof name !== 'string') throw new Problem('bad-request', `The name is a text. ${fault}`);
  return name;
}
