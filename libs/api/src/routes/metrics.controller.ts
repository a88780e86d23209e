import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Scrape } from '../metrics/scrape.ts';
import { Documented } from '../open-api/documented.ts';

@ApiTags('Health')
@Controller()
export class MetricsController {
  constructor(@Inject(Scrape) private readonly scrape: Scrape) {}

  @Get('metrics')
  @Documented({
    summary: 'Metrics for Prometheus',
    answers: { 200: '# TYPE seawall_journal_last_seq gauge\nseawall_journal_last_seq 1024\n' },
    media: ['text/plain'],
  })
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.scrape.contentType);
    return this.scrape.text();
  }
}
