/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scenarios - the named worlds, and what they have in common.
 */
#ifndef TESTS_SIM_SCENARIOS_H
#define TESTS_SIM_SCENARIOS_H

#include "tests/sim/world.h"
#include "tests/unit/check.h"

enum {
	MINUTE = 60 * 1000,
	HOUR = 60 * MINUTE,
	/* One session, one dial, and the strangers of one cell. */
	STRANGERS_LINKS_MAX = 2 + 1 + 4,
};

/* Two hosts, 0 and 1; 0 invited 1. */
static inline struct world *paired_world(uint64_t seed)
{
	struct world *w = world_new(seed, 2);

	world_pair(w, 0, 1);
	return w;
}

/* Ends w after a last look at everything in it. */
static inline void end_world(struct world *w)
{
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	check_end(w);
	world_free(w);
}

static inline size_t received(struct world *w, int from, int to)
{
	const struct contact_row *c = world_contact(w, to, from);

	return c ? disk_count(w->hosts[to].disk, &c->id, MESSAGE_IN) : 0;
}

static inline bool has_alarm(struct world *w, int host, int other)
{
	const struct contact_row *c = world_contact(w, host, other);

	return c && c->alarm;
}

static inline bool is_online(struct world *w, int host, int other)
{
	const struct contact_row *c = world_contact(w, host, other);

	return c && w->hosts[host].node &&
	       node_is_online(w->hosts[host].node, c->id);
}

void peer_away(void **state);
void crash_between_commit_and_send(void **state);
void crash_before_commit(void **state);
void both_dial_at_once(void **state);
void messages_cut_at_each_frame(void **state);
void acknowledgement_lost(void **state);
void backlog_of_5000(void **state);
void commit_fails_at_the_receiver(void **state);
void dead_link_is_found_out(void **state);
void sessions_are_renewed(void **state);
void contact_that_never_reads(void **state);

void pairing_plain(void **state);
void pairing_cut_at_each_frame(void **state);
void pairing_with_a_crash_at_each_step(void **state);
void pairing_with_tor_away(void **state);
void invite_expires(void **state);
void claimant_vanishes(void **state);
void invite_is_good_for_one(void **state);
void invite_deleted(void **state);
void commands_are_checked(void **state);

void senders_disk_went_back(void **state);
void senders_disk_went_back_unseen_by_numbers(void **state);
void receivers_disk_went_back(void **state);
void both_disks_went_back(void **state);

void epochs_pass_while_messages_flow(void **state);
void epochs_last_six_hours(void **state);
void epoch_with_a_crash_at_each_step(void **state);
void epoch_cut_at_each_frame(void **state);
void epoch_with_tor_away(void **state);
void epochs_while_both_dial(void **state);
void cloned_disk_raises_the_alarm(void **state);
void disk_put_back_across_an_epoch(void **state);
void disk_put_back_within_an_epoch(void **state);
void leader_forgets_that_it_proposed(void **state);
void follower_forgets_its_answer(void **state);
void late_opening_raises_no_alarm(void **state);
void epochs_while_clocks_are_set(void **state);
void blocked_is_absent(void **state);
void policies_of_both(void **state);
void invisible_to_contacts(void **state);
void offline_and_back(void **state);
void removed_at_any_time(void **state);
void a_flood_hurts_nobody_else(void **state);
void a_cell_rests(void **state);
void cover_on_both_sides(void **state);
void a_contact_never_reads(void **state);
void restarts_tell_nothing_apart(void **state);
void two_identities_share_nothing(void **state);
void knock_and_come_in(void **state);
void knock_while_nobody_is_there(void **state);
void second_thoughts(void **state);
void nobody_is_told(void **state);
void knock_taken_back(void **state);
void another_address(void **state);
void shut_is_gone(void **state);
void doors_and_modes(void **state);
void knocks_are_checked(void **state);
void knock_cut_at_each_frame(void **state);
void knock_with_a_crash_at_each_step(void **state);
void a_crowd_at_the_door(void **state);
void two_are_introduced(void **state);
void one_of_two_agrees(void **state);
void introductions_are_checked(void **state);
void introduction_with_a_crash_at_each_step(void **state);
void introduction_cut_at_each_frame(void **state);

void edits_reach_the_other(void **state);
void deletions_reach_the_other(void **state);
void reactions_of_both(void **state);
void changes_with_a_crash_at_each(void **state);
void changes_cut_at_each_frame(void **state);
void cancelled_while_queued(void **state);
void cancelled_when_it_was_there(void **state);
void given_up_in_time(void **state);
void messages_disappear_at_both(void **state);
void timers_cross(void **state);
void receipts_if_he_may_know(void **state);
void states_one_after_another(void **state);
void typing_is_seen_and_passes(void **state);
void deleted_stays_deleted_on_an_old_disk(void **state);
void an_edit_that_was_forgotten(void **state);
void a_long_history_is_cleared(void **state);

void strangers_get_nothing(void **state);
void tests_itself_at_random_times(void **state);
void who_was_tested_last_goes_away(void **state);
void a_lost_descriptor_is_put_up_again(void **state);
void a_dead_guard_gets_new_circuits(void **state);
void what_cannot_be_repaired_is_tried_less_and_less(void **state);
void who_asks_again_and_again_repairs_no_more(void **state);
void what_stays_unclear_is_not_reachable(void **state);
void a_wake_makes_it_doubtful(void **state);
void nobody_answers_for_us(void **state);
void a_crowd_is_no_failure(void **state);
void nothing_is_tested_while_offline(void **state);
void tests_do_not_count_as_streams(void **state);
void the_same_address_is_back_at_once(void **state);
void strangers_cannot_replay(void **state);
void key_of_another_contact(void **state);
void strangers_cannot_crowd_out(void **state);
void one_seed_one_world(void **state);
void bytes_come_in_pieces(void **state);
void file_plain(void **state);
void file_both_ways_at_once(void **state);
void file_declined_and_withdrawn(void **state);
void file_paused_and_resumed(void **state);
void file_with_a_crash_at_each_step(void **state);
void file_cut_at_each_frame(void **state);
void file_offered_once_more(void **state);
void file_offered_once_more_with_a_crash(void **state);
void file_after_a_day(void **state);
void file_expires(void **state);
void file_without_room(void **state);
void file_changed_meanwhile(void **state);
void file_ends_with_its_message(void **state);
void file_over_bad_links(void **state);
void file_over_a_link_that_died(void **state);
void file_through_random_kills(void **state);
void file_accepted_beforehand(void **state);
void file_offered_to_two_at_once(void **state);
void file_too_late_to_be_accepted(void **state);
void a_thousand_offers(void **state);

void relink_at_both_ends(void **state);
void relink_at_one_end(void **state);
void relink_after_an_import(void **state);
void relink_by_the_imported(void **state);
void relink_with_a_crash_at_each_step(void **state);
void relink_cut_at_each_frame(void **state);
void relink_twice(void **state);
void relink_is_checked(void **state);
void nobody_takes_the_place_of_the_deleted(void **state);
void nobody_takes_the_place_of_the_blocked(void **state);

#endif
