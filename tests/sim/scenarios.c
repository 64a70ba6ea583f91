/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim_scenarios - runs the named worlds; with a name as argument, those whose
 * name matches.
 */
#include <sodium.h>

#include "tests/sim/scenarios.h"

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(peer_away),
    cmocka_unit_test(crash_between_commit_and_send),
    cmocka_unit_test(crash_before_commit),
    cmocka_unit_test(both_dial_at_once),
    cmocka_unit_test(messages_cut_at_each_frame),
    cmocka_unit_test(acknowledgement_lost),
    cmocka_unit_test(backlog_of_5000),
    cmocka_unit_test(commit_fails_at_the_receiver),
    cmocka_unit_test(dead_link_is_found_out),
    cmocka_unit_test(sessions_are_renewed),
    cmocka_unit_test(contact_that_never_reads),
    cmocka_unit_test(pairing_plain),
    cmocka_unit_test(pairing_cut_at_each_frame),
    cmocka_unit_test(pairing_with_a_crash_at_each_step),
    cmocka_unit_test(pairing_with_tor_away),
    cmocka_unit_test(invite_expires),
    cmocka_unit_test(claimant_vanishes),
    cmocka_unit_test(invite_is_good_for_one),
    cmocka_unit_test(invite_deleted),
    cmocka_unit_test(commands_are_checked),
    cmocka_unit_test(senders_disk_went_back),
    cmocka_unit_test(senders_disk_went_back_unseen_by_numbers),
    cmocka_unit_test(receivers_disk_went_back),
    cmocka_unit_test(both_disks_went_back),
    cmocka_unit_test(epochs_pass_while_messages_flow),
    cmocka_unit_test(epochs_last_six_hours),
    cmocka_unit_test(epoch_with_a_crash_at_each_step),
    cmocka_unit_test(epoch_cut_at_each_frame),
    cmocka_unit_test(epoch_with_tor_away),
    cmocka_unit_test(epochs_while_both_dial),
    cmocka_unit_test(cloned_disk_raises_the_alarm),
    cmocka_unit_test(disk_put_back_across_an_epoch),
    cmocka_unit_test(disk_put_back_within_an_epoch),
    cmocka_unit_test(leader_forgets_that_it_proposed),
    cmocka_unit_test(follower_forgets_its_answer),
    cmocka_unit_test(late_opening_raises_no_alarm),
    cmocka_unit_test(epochs_while_clocks_are_set),
    cmocka_unit_test(blocked_is_absent),
    cmocka_unit_test(policies_of_both),
    cmocka_unit_test(invisible_to_contacts),
    cmocka_unit_test(offline_and_back),
    cmocka_unit_test(removed_at_any_time),
    cmocka_unit_test(a_flood_hurts_nobody_else),
    cmocka_unit_test(a_cell_rests),
    cmocka_unit_test(cover_on_both_sides),
    cmocka_unit_test(edits_reach_the_other),
    cmocka_unit_test(deletions_reach_the_other),
    cmocka_unit_test(reactions_of_both),
    cmocka_unit_test(changes_with_a_crash_at_each),
    cmocka_unit_test(changes_cut_at_each_frame),
    cmocka_unit_test(cancelled_while_queued),
    cmocka_unit_test(cancelled_when_it_was_there),
    cmocka_unit_test(given_up_in_time),
    cmocka_unit_test(messages_disappear_at_both),
    cmocka_unit_test(timers_cross),
    cmocka_unit_test(receipts_if_he_may_know),
    cmocka_unit_test(states_one_after_another),
    cmocka_unit_test(typing_is_seen_and_passes),
    cmocka_unit_test(deleted_stays_deleted_on_an_old_disk),
    cmocka_unit_test(an_edit_that_was_forgotten),
    cmocka_unit_test(strangers_get_nothing),
    cmocka_unit_test(strangers_cannot_replay),
    cmocka_unit_test(key_of_another_contact),
    cmocka_unit_test(strangers_cannot_crowd_out),
    cmocka_unit_test(one_seed_one_world),
    cmocka_unit_test(bytes_come_in_pieces),
    cmocka_unit_test(a_contact_never_reads),
    cmocka_unit_test(restarts_tell_nothing_apart),
    cmocka_unit_test(two_identities_share_nothing),
};

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return 1;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
