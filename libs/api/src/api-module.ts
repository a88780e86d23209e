import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { ApiContext } from './context.ts';
import { API } from './context.ts';
import type { Door } from './http/door.ts';
import { DOOR } from './http/door.ts';
import { ProblemFilter } from './http/problem-filter.ts';
import { OverviewFeed } from './stream/overview-feed.ts';
import { Scrape } from './metrics/scrape.ts';
import { AlertsController } from './routes/alerts.controller.ts';
import { BackupsController } from './routes/backups.controller.ts';
import { DevicesController } from './routes/devices.controller.ts';
import { HealthController } from './routes/health.controller.ts';
import { MetricsController } from './routes/metrics.controller.ts';
import { PAGE_FILES, PageController } from './routes/page.controller.ts';
import { readPageFiles } from './routes/page-files.ts';
import { QueryController } from './routes/query.controller.ts';
import { RejectionsController } from './routes/rejections.controller.ts';
import { RuleChanges } from './routes/rule-changes.ts';
import { RulesController } from './routes/rules.controller.ts';
import { SeriesController } from './routes/series.controller.ts';
import { StreamController } from './routes/stream.controller.ts';
import { TelemetryController } from './routes/telemetry.controller.ts';
import { WriteController } from './routes/write.controller.ts';

@Module({})
export class ApiModule {
  static of(api: ApiContext, door: Door, scrape: Scrape): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        TelemetryController,
        WriteController,
        QueryController,
        SeriesController,
        DevicesController,
        RejectionsController,
        RulesController,
        AlertsController,
        StreamController,
        BackupsController,
        PageController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: API, useValue: api },
        { provide: DOOR, useValue: door },
        { provide: Scrape, useValue: scrape },
        { provide: PAGE_FILES, useValue: readPageFiles(api.pageDirs ?? []) },
        { provide: OverviewFeed, useValue: new OverviewFeed(api) },
        { provide: RuleChanges, useValue: new RuleChanges(api) },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
