import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { REJECTION_REASONS } from '@seawall/model';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { listPage, mapPage } from '../http/list.ts';
import { Parameters } from '../http/parameters.ts';
import { rejectionView } from '../http/views.ts';
import { Documented } from '../open-api/documented.ts';
import { listOf, rejectionExample } from '../open-api/examples.ts';

@ApiTags('Rejections')
@Controller('api/v1/rejections')
export class RejectionsController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Get()
  @Documented({
    summary: 'Input that could not be used, newest first',
    query: {
      device: { description: 'Only from this device.', example: 'aq-7' },
      domain: { description: 'Only under this domain.', example: 'environment' },
      reason: { description: 'Only for this reason.', example: 'undeclared-text', values: REJECTION_REASONS },
    },
    list: true,
    answerSchema: 'Rejection',
    answers: { 200: listOf({ id: '1024-0', ...rejectionExample }) },
  })
  async list(@Query() query: unknown): Promise<unknown> {
    const parameters = new Parameters(query).onlyOfList('device', 'domain', 'reason');
    const device = parameters.one('device');
    const domain = parameters.one('domain');
    const reason = parameters.oneOf('reason', REJECTION_REASONS);
    const filter = {
      ...(device !== undefined && { device }),
      ...(domain !== undefined && { domain }),
      ...(reason !== undefined && { reason }),
    };
    return mapPage(
      listPage(parameters.page(), (page) => this.api.registry.rejections(filter, page)),
      rejectionView,
    );
  }
}
