/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * handlers - one function for each row of the router's table; what it does
 * stands in openapi.json.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/reply.h"
#include "api/request.h"

struct reply *api_healthz_get(struct request *r);
struct reply *api_readyz_get(struct request *r);
struct reply *api_openapi_get(struct request *r);
struct reply *api_daemon_get(struct request *r);
struct reply *api_daemon_shutdown(struct request *r);
struct reply *api_tor_get(struct request *r);

struct reply *api_daemon_log(struct request *r);
struct reply *api_metrics_get(struct request *r);
struct reply *api_settings_get(struct request *r);
struct reply *api_settings_patch(struct request *r);
struct reply *api_circuits_post(struct request *r);
struct reply *api_bridges_get(struct request *r);
struct reply *api_bridges_put(struct request *r);

struct reply *api_session_post(struct request *r);
struct reply *api_session_get(struct request *r);
struct reply *api_session_delete(struct request *r);
struct reply *api_login_tokens_post(struct request *r);

struct reply *api_tokens_list(struct request *r);
struct reply *api_tokens_post(struct request *r);
struct reply *api_token_get(struct request *r);
struct reply *api_token_delete(struct request *r);

struct reply *api_users_list(struct request *r);
struct reply *api_users_post(struct request *r);
struct reply *api_user_get(struct request *r);
struct reply *api_user_unlock(struct request *r);
struct reply *api_user_put_passphrase(struct request *r);
struct reply *api_user_lock(struct request *r);
struct reply *api_user_patch(struct request *r);
struct reply *api_user_put_duress(struct request *r);

struct reply *api_address_get(struct request *r);
struct reply *api_address_patch(struct request *r);
struct reply *api_address_qr(struct request *r);
struct reply *api_self_test_post(struct request *r);
struct reply *api_address_rotate(struct request *r);
struct reply *api_profile_get(struct request *r);
struct reply *api_profile_put(struct request *r);
struct reply *api_presence_get(struct request *r);
struct reply *api_presence_put(struct request *r);
struct reply *api_privacy_get(struct request *r);
struct reply *api_privacy_patch(struct request *r);
struct reply *api_preferences_get(struct request *r);
struct reply *api_preferences_put(struct request *r);

struct reply *api_invites_list(struct request *r);
struct reply *api_invites_post(struct request *r);
struct reply *api_invite_get(struct request *r);
struct reply *api_invite_qr(struct request *r);
struct reply *api_invite_delete(struct request *r);
struct reply *api_requests_list(struct request *r);
struct reply *api_requests_post(struct request *r);
struct reply *api_request_get(struct request *r);
struct reply *api_request_delete(struct request *r);
struct reply *api_request_accept(struct request *r);
struct reply *api_request_reject(struct request *r);
struct reply *api_contacts_list(struct request *r);
struct reply *api_contact_get(struct request *r);
struct reply *api_contact_patch(struct request *r);
struct reply *api_contact_delete(struct request *r);
struct reply *api_contact_introduce(struct request *r);
struct reply *api_safety_get(struct request *r);
struct reply *api_safety_qr(struct request *r);
struct reply *api_verification_put(struct request *r);

struct reply *api_conversations_list(struct request *r);
struct reply *api_conversation_get(struct request *r);
struct reply *api_conversation_patch(struct request *r);
struct reply *api_conversation_delete(struct request *r);
struct reply *api_conversation_put_typing(struct request *r);
struct reply *api_conversation_put_read(struct request *r);
struct reply *api_messages_list(struct request *r);
struct reply *api_messages_post(struct request *r);
struct reply *api_message_get(struct request *r);
struct reply *api_message_patch(struct request *r);
struct reply *api_message_delete(struct request *r);
struct reply *api_message_cancel(struct request *r);
struct reply *api_message_retry(struct request *r);
struct reply *api_reaction_put(struct request *r);
struct reply *api_reaction_delete(struct request *r);
struct reply *api_search(struct request *r);

struct reply *api_files_list(struct request *r);
struct reply *api_files_post(struct request *r);
struct reply *api_files_put(struct request *r);
struct reply *api_file_get(struct request *r);
struct reply *api_file_delete(struct request *r);
struct reply *api_file_content_get(struct request *r);
struct reply *api_file_content_patch(struct request *r);
struct reply *api_file_thumbnail_get(struct request *r);
struct reply *api_file_ticket_post(struct request *r);
struct reply *api_file_transfer_patch(struct request *r);

struct reply *api_hooks_list(struct request *r);
struct reply *api_webhooks_list(struct request *r);
struct reply *api_webhooks_post(struct request *r);
struct reply *api_webhook_get(struct request *r);
struct reply *api_webhook_delete(struct request *r);
struct reply *api_webhook_test(struct request *r);

struct reply *api_user_events(struct request *r);
struct reply *api_daemon_events(struct request *r);
struct reply *api_consumers_list(struct request *r);
struct reply *api_consumer_get(struct request *r);
struct reply *api_consumer_put(struct request *r);
struct reply *api_consumer_delete(struct request *r);

struct reply *api_job_get(struct request *r);
struct reply *api_job_delete(struct request *r);
struct reply *api_job_content_get(struct request *r);
struct reply *api_user_destroy(struct request *r);
struct reply *api_user_export(struct request *r);
struct reply *api_users_import(struct request *r);
struct reply *api_job_patch(struct request *r);

#endif
