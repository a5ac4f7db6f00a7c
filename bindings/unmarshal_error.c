/* SPDX-License-Identifier: MIT
 *
 * unmarshal_error.c -- what went wrong, out of a reply.
 * JSON services name the error in x-amzn-errortype, in `code` or in `__type`, each with a URI
 * behind a colon or a namespace before a hash; S3 sends an <Error> document, and nothing at
 * all to a HEAD, where the status must do. */
#include "bindings/unmarshal.h"

static const char *name_of_status(int status) {
  switch (status) {
  case 301:
    return "PermanentRedirect";
  case 304:
    return "NotModified";
  case 307:
    return "TemporaryRedirect";
  case 400:
    return "BadRequest";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "NotFound";
  case 405:
    return "MethodNotAllowed";
  case 408:
    return "RequestTimeout";
  case 409:
    return "Conflict";
  case 411:
    return "MissingContentLength";
  case 412:
    return "PreconditionFailed";
  case 413:
    return "RequestEntityTooLarge";
  case 416:
    return "InvalidRange";
  case 429:
    return "TooManyRequests";
  case 500:
    return "InternalError";
  case 501:
    return "NotImplemented";
  case 502:
    return "BadGateway";
  case 503:
    return "ServiceUnavailable";
  case 504:
    return "GatewayTimeout";
  default:
    return NULL;
  }
}

/* "aws.protocoltests#FooError:http://..." is FooError. */
static mr_slice cut(mr_slice code) {
  const char *colon = code.len ? memchr(code.ptr, ':', code.len) : NULL;
  if (colon)
    code.len = (size_t)(colon - code.ptr);
  for (size_t i = code.len; i > 0; i--)
    if (code.ptr[i - 1] == '#')
      return mr_slice_make(code.ptr + i, code.len - i);
  return code;
}

static void field(mr_sink *s, const char *name, mr_slice text) {
  s->name(s, mr_slice_of(name));
  s->put_text(s, text);
}

static void code_and_message(mr_unmarshal *u, const mr_input *in, mr_slice code, mr_slice message) {
  const char *fallback = name_of_status(in->status);
  mr_sink *s = u->sink;
  if (code.len)
    field(s, "code", code);
  else if (fallback)
    field(s, "code", mr_slice_of(fallback));
  else
    field(s, "code", mr_slice_of("Unknown"));
  if (message.len)
    field(s, "message", message);
  else {
    mr_buf_reset(&u->message);
    if (fallback)
      mr_buf_printf(&u->message, "HTTP status %d (%s), without an explanation", in->status,
                    fallback);
    else
      mr_buf_printf(&u->message, "HTTP status %d, without an explanation", in->status);
    field(s, "message", mr_buf_view(&u->message));
  }
}

static void header_field(mr_sink *s, const mr_input *in, const char *name, const char *header) {
  mr_slice value = mr_input_header(in, header);
  if (value.ptr)
    field(s, name, value);
}

static void xml_error(mr_unmarshal *u, const mr_input *in) {
  const mr_xml_node *node = NULL;
  mr_sink *s = u->sink;
  mr_slice id = mr_slice_make(NULL, 0);
  if (in->body.len && mr_unmarshal_xml_open(u, in->body)) {
    node = u->xml.root;
    id = mr_xml_child_text(node, "RequestId");
    if (mr_xml_child(node, "Error"))
      node = mr_xml_child(node, "Error");
  }
  if (node && !mr_slice_is(node->name, "Error"))
    node = NULL;
  code_and_message(u, in, node ? mr_xml_child_text(node, "Code") : mr_slice_make("", 0),
                   node ? mr_xml_child_text(node, "Message") : mr_slice_make("", 0));
  if (!id.ptr && node)
    id = mr_xml_child_text(node, "RequestId");
  if (mr_input_header(in, "x-amz-request-id").ptr)
    id = mr_input_header(in, "x-amz-request-id");
  else if (mr_input_header(in, "x-amzn-requestid").ptr)
    id = mr_input_header(in, "x-amzn-requestid");
  if (id.ptr)
    field(s, "request_id", id);
  s->name(s, mr_slice_of("fields"));
  s->begin_object(s);
  for (const mr_xml_node *child = node ? node->first_child : NULL; child;
       child = child->next_sibling) {
    if (child->first_child || mr_slice_is(child->name, "Code") ||
        mr_slice_is(child->name, "Message") || mr_slice_is(child->name, "RequestId"))
      continue;
    s->name(s, child->name);
    s->put_text(s, child->text);
  }
  if (!node || !mr_xml_child(node, "HostId"))
    header_field(s, in, "HostId", "x-amz-id-2");
  if (!node || !mr_xml_child(node, "Region"))
    header_field(s, in, "Region", "x-amz-bucket-region");
  s->end(s);
}

/* The first pass looks for code and message, copied since the reader's texts do not last. */
static void json_words(mr_unmarshal *u, mr_slice body, mr_slice *code, mr_slice *message) {
  mr_json_reader *r = &u->json;
  size_t code_len = 0, message_at = 0, message_len = 0;
  int rank = 0;
  bool has_message = false;
  mr_buf_reset(&u->scratch);
  mr_buf_reset(&u->scratch2);
  if (u->json_open)
    mr_json_clear(r);
  mr_json_init(r, body, NULL, 0);
  mr_json_borrow(r, &u->unescaped);
  u->json_open = true;
  if (mr_json_next(r) != MR_JSON_OBJECT)
    return;
  while (mr_json_next(r) == MR_JSON_KEY) {
    int here = mr_slice_is(r->text, "code") || mr_slice_is(r->text, "Code") ? 2
               : mr_slice_is(r->text, "__type")                             ? 1
                                                                            : 0;
    bool text = mr_slice_is(r->text, "message") || mr_slice_is(r->text, "Message") ||
                mr_slice_is(r->text, "errorMessage") ||
                mr_slice_is(r->text, "error_description"); /* of SSO OIDC, as RFC 6749 has it */
    mr_json_event event = mr_json_next(r);
    mr_slice raw;
    if (event == MR_JSON_STRING && here > rank) {
      mr_buf_reset(&u->scratch);
      mr_buf_slice(&u->scratch, r->text);
      code_len = r->text.len;
      rank = here;
    } else if (event == MR_JSON_STRING && text && !has_message) {
      message_at = u->scratch2.len;
      mr_buf_slice(&u->scratch2, r->text);
      message_len = r->text.len;
      has_message = true;
    }
    if (mr_json_skip(r, event, &raw) != MR_OK)
      break;
  }
  if (u->scratch.status == MR_OK && code_len)
    *code = mr_unmarshal_view(u, &u->scratch);
  if (u->scratch2.status == MR_OK && message_len)
    *message = mr_slice_make(u->scratch2.ptr + message_at, message_len);
}

static bool is_object(mr_unmarshal *u, mr_slice body) {
  mr_json_reader *r = &u->json;
  mr_slice raw;
  if (u->json_open)
    mr_json_clear(r);
  mr_json_init(r, body, NULL, MR_DEPTH_MAX - 4);
  mr_json_borrow(r, &u->unescaped);
  u->json_open = true;
  if (mr_json_next(r) != MR_JSON_OBJECT)
    return false;
  if (mr_json_skip(r, MR_JSON_OBJECT, &raw) != MR_OK)
    return false;
  return mr_json_next(r) == MR_JSON_END;
}

static void json_error(mr_unmarshal *u, const mr_input *in) {
  mr_sink *s = u->sink;
  mr_slice code = mr_slice_make("", 0), message = mr_slice_make("", 0);
  json_words(u, in->body, &code, &message);
  if (mr_input_header(in, "x-amzn-errortype").len)
    code = mr_input_header(in, "x-amzn-errortype");
  code = cut(code);
  const mr_shape *shape = mr_error_find(u->models, u->service, code);
  code_and_message(u, in, code, message);
  header_field(s, in, "request_id", "x-amzn-requestid");
  s->name(s, mr_slice_of("fields"));
  if (!is_object(u, in->body)) { /* checked whole: from here on nothing fails half-way */
    s->begin_object(s);
    if (shape)
      mr_unmarshal_places(u, shape, in, false);
    s->end(s);
    return;
  }
  bool hide = u->operation && (u->operation->flags & MR_OP_SECRET_REPLY);
  if (!shape && !hide) {
    mr_unmarshal_json_value(u, NULL, in->body);
    return;
  }
  s->begin_object(s);
  if (shape) {
    mr_unmarshal_places(u, shape, in, false);
    mr_unmarshal_json_members(u, shape, in->body);
  }
  s->end(s);
}

bool mr_reply_is_error(mr_unmarshal *u, const mr_operation *op, const mr_input *in) {
  const mr_shape *output = mr_shape_at(u->models, op->output);
  if (in->status >= 300)
    return true;
  if (u->models->services[op->service].protocol != MR_PROTOCOL_REST_XML || !in->body.len)
    return false;
  if (output && output->payload) {
    const mr_member *member = mr_member_at(u->models, output->payload);
    const mr_shape *target = mr_shape_at(u->models, member->shape);
    if (target->kind != MR_STRUCTURE || (target->flags & MR_SHAPE_EVENTS))
      return false;
  }
  u->failed = MR_OK;
  if (!mr_unmarshal_xml_open(u, in->body))
    return false;
  return mr_slice_is(u->xml.root->name, "Error");
}

int mr_unmarshal_error(mr_unmarshal *u, const mr_service *s, const mr_operation *op,
                       const mr_input *in, mr_sink *sink) {
  mr_buf_reset(&u->message);
  u->operation = op;
  u->service = s;
  u->sink = sink;
  u->strict = false;
  u->failed = MR_OK;
  u->depth = 0;
  sink->begin_object(sink);
  if (s->protocol == MR_PROTOCOL_REST_JSON)
    json_error(u, in);
  else
    xml_error(u, in);
  sink->end(sink);
  return u->failed == MR_ERR_MEMORY ? MR_ERR_MEMORY : MR_OK;
}
