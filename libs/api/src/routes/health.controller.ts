import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import type { Door } from '../http/door.ts';
import { DOOR } from '../http/door.ts';
import { Documented } from '../open-api/documented.ts';
import { readinessExample } from '../open-api/examples.ts';

@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    @Inject(API) private readonly api: ApiContext,
    @Inject(DOOR) private readonly door: Door,
  ) {}

  @Get('healthz')
  @Documented({ summary: 'The process lives', open: true, answers: { 200: { alive: true, version: '0.1.0' } } })
  healthz(): unknown {
    return { alive: true, version: this.api.version };
  }

  @Get('readyz')
  @Documented({
    summary: 'Every part works',
    description: 'Asks no token; without one only `ready` is told, with one each check as well.',
    open: true,
    answers: { 200: readinessExample, 503: { ...readinessExample, ready: false } },
  })
  readyz(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    const { ready: said, checks } = this.api.health();
    const ready = said && checks.every((check) => check.ok) && !this.api.closing.aborted;
    reply.code(ready ? 200 : 503);
    return this.door.knows(request) ? { ready, checks } : { ready };
  }
}
