/* SPDX-License-Identifier: ISC */
#include "queue/delivery/pipeline.h"

void
pipeline_begin(struct pipeline *pipeline, struct session *session)
{
	bool deep = (session->hello.extensions & HELLO_PIPELINING) != 0;

	pipeline->session = session;
	pipeline->limit = deep ? PIPELINE_MAX : 1;
	pipeline->first = 0;
	pipeline->count = 0;
}

bool
pipeline_is_deep(const struct pipeline *pipeline)
{
	return pipeline->limit > 1;
}

int
pipeline_reserve(struct pipeline *pipeline, struct outcome *failure)
{
	if (pipeline->count < pipeline->limit)
		return 0;
	/* Half of them: the relay has work while the next flight is on its way. */
	return pipeline_drain(pipeline, pipeline->limit / 2, failure);
}

void
pipeline_expect(struct pipeline *pipeline, struct expected expected)
{
	pipeline->ring[(pipeline->first + pipeline->count) % PIPELINE_MAX] = expected;
	pipeline->count++;
}

int
pipeline_drain(struct pipeline *pipeline, size_t left, struct outcome *failure)
{
	while (pipeline->count > left) {
		struct expected expected = pipeline->ring[pipeline->first];
		struct reply reply;

		if (session_reply(pipeline->session, expected.stage, &reply, failure) < 0)
			return -1;
		pipeline->first = (pipeline->first + 1) % PIPELINE_MAX;
		pipeline->count--;
		if (expected.answered(&expected, &reply, failure) < 0)
			return -1;
	}
	return 0;
}
