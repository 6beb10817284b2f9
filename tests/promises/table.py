"""What is promised when things go wrong, case by case, and the test that holds each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PROMISES", "Promise"]


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise."""

    number: int
    name: str
    cases: Mapping[str, str]
    """What holds, and the test: its file below `tests` without `test_`, and its name without `test_`."""


PROMISES = (
    Promise(
        1,
        "a refusal is said in the server's words and costs no text",
        {
            "on the screen, text kept, next message works": "e2e/refusals a_refusal_is_said_and_its_text_kept",
            "lists, objects, HTML, nothing: one line": "client/requests an_error_is_one_readable_line",
            "no retry": "client/requests a_message_is_not_sent_again_after_any_other_refusal",
            "401 names the key's source": "e2e/refusals a_refused_key_is_named_by_where_it_came_from",
            "the key itself nowhere": "client/requests the_key_is_shown_nowhere",
            "64 kB of an error's body": "client/requests the_body_of_an_error_is_read_to_a_limit",
            "5 s of an error's body": "client/requests the_body_of_an_error_is_read_for_a_limited_time",
            "back in the composer": "engine/sending a_refused_message_goes_back_to_the_composer",
        },
    ),
    Promise(
        2,
        "nothing that a server may have taken is sent again by itself",
        {
            "429 and 503: three tries": "client/requests a_busy_server_is_asked_three_times_more",
            "Retry-After, sense and nonsense": "client/requests retry_after_is_honoured_as_far_as_it_makes_sense",
            "the countdown is told": "engine/sending the_link_is_told",
            "stopping ends the wait": "client/abort abort_while_waiting_for_a_busy_server",
            "409 after a stop": "engine/stopping a_server_still_at_the_stopped_turn_is_asked_again_after_1_2_and_4_s",
            "404 of an idle session": "engine/expiry an_idle_session_is_resumed_once_and_the_message_sent_again",
            "a second 404": "engine/expiry a_second_404_is_expiry",
            "no answer": "client/requests a_message_without_an_answer_is_lost_and_not_sent_again",
            "faults after the request": "engine/sending an_unclear_refusal_is_unknown_and_never_sent_again",
            "faults within the stream": "engine/sending errors_after_events_interrupt_and_never_send_again",
            "no connection: the text comes back": "engine/sending what_fails_before_a_message_leaves_returns_it",
            "GETs are tried twice more": "client/requests a_get_is_tried_twice_more",
            "one message each, whatever the order": "engine/interleavings every_message_has_its_answer_whatever_the_order",
            "a wait is counted down": "ui/silence a_wait_that_the_server_asked_for_is_counted_down",
            "a server's reason to wait is cleaned": "engine/sending the_link_is_told",
            "what comes back keeps what it revises": "engine/giving_back a_message_that_comes_back_keeps_the_note_of_what_it_revises",
        },
    ),
    Promise(
        3,
        "a session that is gone is asked about, with the text kept",
        {
            "404 and 410": "engine/expiry a_session_that_is_gone_keeps_the_text_and_asks",
            "over before the message": "engine/expiry a_session_that_the_server_calls_over_gets_no_message",
            "the dialog, on a terminal": "e2e/sessions a_message_to_an_expired_session_goes_on_in_a_new_one_in_the_same_place",
            "Escape keeps all readable": "ui/sending escape_leaves_an_expired_session_readable_and_the_text_kept",
            "a queue is asked about": "engine/queue queued_messages_of_a_session_that_is_gone_are_asked_about",
        },
    ),
    Promise(
        4,
        "an answer that is something else is an error",
        {
            "a 200 that is no event stream": "client/stream a_200_that_is_no_event_stream_is_an_error",
            "JSON of another shape": "client/requests an_answer_that_is_something_else_is_an_error",
            "bad rows are skipped and counted": "client/client bad_rows_are_passed_over_and_counted",
            "5,000 rows of a server": "client/client five_thousand_rows_are_listed_soon",
            "5,000 rows on the screen": "ui/many_sessions five_thousand_sessions_draw_only_what_is_on_screen",
            "bad rows are counted aloud": "engine/rows rows_that_could_not_be_read_are_counted_once",
        },
    ),
    Promise(
        5,
        "without a server the app opens, says so, and can be stopped",
        {
            "opens, saved sessions readable, a key retries": "e2e/refusals without_a_server_the_app_opens_and_says_so",
            "a connect that hangs is stopped": "e2e/refusals escape_twice_ends_a_connect_that_hangs",
            "nothing listens: host and port": "client/requests nothing_listens",
            "DNS fails": "client/backend a_name_that_does_not_resolve",
            "DNS hangs": "client/abort abort_while_resolving",
            "10 s at most": "client/backend a_connect_without_an_answer_ends_in_time",
            "10 s at most, TLS": "client/backend a_handshake_without_an_answer_ends_in_time",
        },
    ),
    Promise(
        6,
        "TLS is verified, plain http stays on this machine",
        {
            "unknown issuer": "client/backend a_certificate_that_does_not_verify_is_refused",
            "another host": "client/backend a_certificate_of_another_host_is_refused",
            "no way to switch it off": "client/backend ssl_contexts_always_verify",
            "plain http, before a packet": "client/endpoint plain_http_is_refused_before_anything_is_resolved",
            "where the person says so": "client/endpoint plain_http_is_allowed_where_the_person_says_so",
        },
    ),
    Promise(
        7,
        "the key goes nowhere else",
        {
            "redirects": "client/requests redirects_are_not_followed",
            "loopback and proxies": "client/endpoint loopback_never_goes_through_a_proxy",
        },
    ),
    Promise(
        8,
        "nothing is smuggled into a request",
        {
            "paths": "client/requests every_path_segment_is_encoded",
            "keys with control characters": "client/credentials a_key_that_no_header_may_carry_is_refused_unseen",
            "at login": "cli/login a_key_that_no_header_may_carry_is_refused_unshown",
        },
    ),
    Promise(
        9,
        "silence is counted, a lost link is noticed",
        {
            "the words": "ui/silence two_seconds_are_no_silence_and_heartbeats_are_no_data",
            "on the screen, with a way out": "ui/silence after_ten_seconds_the_keys_that_help_come_first",
            "a machine that slept": "ui/silence after_a_sleep_of_the_machine_it_is_said_at_once",
            "lost after its limit": "faults/cuts a_stream_that_stalls_is_lost_after_its_silence_and_picked_up",
            "bytes keep it alive": "client/reconnect heartbeats_keep_a_silent_turn_alive_beyond_the_limit",
        },
    ),
    Promise(
        10,
        "a cut stream goes on, no token lost or doubled",
        {
            "at every byte": "faults/cuts a_turn_cut_at_any_byte_is_whole_in_the_store",
            "again and again": "faults/cuts a_turn_cut_again_and_again_is_whole_in_the_store",
            "before the headers": "faults/cuts a_connection_that_breaks_before_its_headers_is_asked_about_and_picked_up",
            "a server that comes back slowly": "faults/cuts a_server_that_comes_back_slowly_is_waited_for",
            "no way to pick up": "faults/cuts without_a_way_to_pick_up_what_came_is_kept_to_the_byte",
            "ten tries": "client/reconnect after_ten_tries_the_turn_is_interrupted",
            "within a chunk": "client/reconnect a_chunked_answer_cut_in_a_chunk_goes_on",
        },
    ),
    Promise(
        11,
        "Escape twice stops at once, in every state",
        {
            "before headers": "engine/stopping stopped_before_headers",
            "before a session": "engine/stopping stopped_before_there_is_a_server_session",
            "in silence": "client/abort abort_in_silence_keeps_the_text",
            "in a flood": "engine/stopping a_flood_is_stopped_at_once_and_waits_in_the_socket",
            "on the screen": "ui/stopping escape_twice_in_one_read_stops_and_keeps_the_text",
            "at any moment": "client/abort whenever_it_comes_abort_ends_the_stream_without_an_exception",
            "the next message": "engine/stopping stop_keeps_what_came",
        },
    ),
    Promise(
        12,
        "only a terminal event ends a turn, and it ends it",
        {
            "none": "engine/sending a_stream_without_a_terminal_event_is_interrupted",
            "more after it, and left open": "engine/sending after_a_terminal_event_nothing_counts_and_the_connection_is_closed",
            "closed by us": "client/stream the_connection_is_closed_before_the_last_event_is_seen",
            "surplus ends": "protocol/run a_surplus_end_changes_nothing",
            "calls left running": "protocol/run calls_still_running_at_the_end_are_interrupted_with_the_time_they_had",
            "parallel ends": "protocol/run without_id_the_tool_finds_its_oldest_call",
        },
    ),
    Promise(
        13,
        "nonsense costs its own event",
        {
            "through to the store, the search and a new start": "faults/nonsense nonsense_between_words_costs_nothing_but_itself",
            "any JSON": "protocol/events nothing_that_can_be_sent_raises",
            "no JSON, deep JSON": "protocol/events data_that_is_no_json_object_is_kept_raw",
            "any bytes, any chunks": "protocol/sse_rules any_bytes_in_any_chunks_mean_what_the_rules_say",
            "every case of WHATWG": "protocol/sse_rules every_case_at_every_split_point",
            "what no store can hold": "store/store numbers_of_any_size_and_unstorable_signs_are_saved_all_the_same",
        },
    ),
    Promise(
        14,
        "volume is borne",
        {
            "floods, lines, tables, words, calls: exact, alive, below 400 MB": "e2e/volume whatever_comes_at_once_is_exact_and_the_app_alive",
            "an event beyond 16 MB": "client/stream an_event_that_is_too_large_fails_the_turn",
            "20,000 deltas": "engine/sending twenty_thousand_deltas_cost_few_wake_ups",
            "a million statuses": "engine/outbox a_million_statuses_that_nobody_drains_take_no_room",
            "one flood starves no other": "engine/stopping a_flood_in_one_session_does_not_starve_another",
            "millions of lines: the end shown, all kept": "ui/log/document of_a_huge_answer_the_end_is_shown_and_all_of_it_kept",
            "a flood waits for its reader": "server/event_log a_flood_waits_for_a_reader_that_lags_and_not_for_one_that_is_stuck",
        },
    ),
    Promise(
        15,
        "no control byte of foreign text reaches the terminal, the store has all",
        {
            "on a terminal, from every place": "e2e/terminal only_our_own_sequences_reach_the_terminal",
            "commands on a terminal": "e2e/terminal a_session_listed_in_a_terminal_is_cleaned_too",
            "--json": "e2e/terminal what_was_said_is_json_without_control_characters",
            "split over pieces": "domain/sanitise a_stream_is_cleaned_as_its_text_is_whatever_its_pieces",
            "unterminated": "domain/sanitise an_unfinished_sequence_swallows_nothing_after_it",
            "unterminated, in pieces": "domain/sanitise no_text_is_swallowed_whatever_the_pieces",
            "exports hold what was sent": "cli/sessions export_holds_what_was_said_byte_for_byte",
            "the clipboard": "clipboard/ladder control_characters_go_before_it_leaves",
            "dialogs and notices": "ui/hostile dialogs_show_foreign_text_safely",
        },
    ),
    Promise(
        16,
        "markup is text, links show where they lead",
        {
            "titles": "ui/hostile markup_in_titles_is_shown_letter_by_letter",
            "problems": "ui/hostile markup_in_a_problem_is_shown_letter_by_letter",
            "answers": "ui/log/inline markup_and_html_stay_text",
            "the whole target first": "ui/out a_link_shows_its_whole_target_before_anything_happens",
            "other schemes": "ui/log/inline a_target_that_is_no_web_or_mail_address_is_shown_and_not_linked",
            "exported pages load nothing": "exporting/page the_browser_is_told_to_load_and_run_nothing",
        },
    ),
    Promise(
        17,
        "titles and times stay in their place",
        {
            "one line": "protocol/resources a_title_is_one_line_of_fifty_characters",
            "names of exports": "domain/export a_file_is_named_by_id_and_day_never_by_the_title",
            "odd times": "ui/hostile odd_times_are_shown_as_no_age_at_all",
        },
    ),
    Promise(
        18,
        "copying gives what was said, and says how far that is known",
        {
            "source text": "ui/log/document the_source_of_a_message_is_its_text_cleaned",
            "a selection": "ui/log/document a_selection_is_what_can_be_seen_without_frames_and_wraps",
            "code": "ui/log/document code_is_copied_exactly_whatever_cuts_it",
            "a desktop": "clipboard/ladder a_local_desktop_gets_it_by_its_own_tool",
            "ssh": "clipboard/ladder over_ssh_the_remote_desktops_tool_is_never_called",
            "ssh in tmux": "clipboard/ladder over_ssh_in_tmux_tmux_gets_it",
            "no more than is known": "clipboard/ladder a_tool_that_fails_is_not_said_to_have_copied",
            "too large": "clipboard/ladder the_largest_text_goes_to_the_terminal_and_a_larger_one_to_a_file",
            "tools that hang": "clipboard/ladder a_tool_that_hangs_is_ended_and_the_next_way_taken",
        },
    ),
    Promise(
        19,
        "a paste sends nothing by itself",
        {
            "1 MB": "ui/sending a_megabyte_can_be_pasted_and_is_sent_whole",
            "line ends and control characters": "ui/sending a_paste_with_line_ends_sends_nothing_and_brings_no_control_characters",
            "brackets within": "ui/keyboard an_end_mark_inside_a_paste_does_not_get_the_rest_typed",
            "any chunking": "ui/keyboard any_chunking_of_a_paste_gives_the_same",
        },
    ),
    Promise(
        20,
        "any window, any terminal",
        {
            "20x5 to 500x200": "ui/sizes the_composer_is_in_view_and_takes_text",
            "resized in mid-stream": "ui/sizes every_resize_in_mid_stream_is_drawn",
            "a real one": "e2e/terminal windows_of_every_size_in_mid_stream",
            "TERM=dumb": "e2e/terminal a_terminal_that_cannot_draw_is_refused_with_a_hint",
            "no terminal": "cli/program without_a_terminal_the_app_names_plain_and_writes_no_escape",
        },
    ),
    Promise(
        21,
        "sessions of ours are ended exactly once",
        {
            "ctrl+q": "e2e/leaving quit_ends_each_session_exactly_once",
            "a closed terminal": "e2e/signals a_closed_window_ends_each_session_exactly_once",
            "signals in mid-stream": "e2e/signals a_signal_in_mid_stream_leaves_nothing_behind",
            "a second signal": "e2e/signals a_second_signal_does_not_cut_the_ending_short",
            "quit in mid-stream": "faults/ends quitting_in_mid_stream_ends_the_session_once",
            "a bug of ours": "e2e/bugs a_bug_on_the_screen_closes_the_app_in_good_order",
            "kept ones": "e2e/leaving keep_leaves_the_sessions_alone",
            "attached ones": "engine/quitting an_attached_session_is_ended_by_its_key_only",
            "no second server session": "engine/interleavings every_message_has_its_answer_whatever_the_order",
        },
    ),
    Promise(
        22,
        "leaving takes 3 s, what could not be ended is ended later",
        {
            "every fault of an end": "faults/ends an_end_that_fails_is_written_down_and_done_at_the_next_start",
            "404, 409, 410": "faults/ends an_end_that_reached_its_goal_is_done",
            "some hang": "faults/ends some_that_hang_do_not_keep_the_others_from_being_ended",
            "on the screen": "e2e/leaving quit_shows_how_many_sessions_are_ended_and_does_not_wait_for_ever",
            "whatever hangs": "engine/quitting the_engine_is_gone_within_three_seconds_whatever_hangs",
        },
    ),
    Promise(
        23,
        "kill -9 loses nothing older than a second",
        {
            "again and again": "faults/kills a_turn_whose_app_is_killed_again_and_again_is_whole",
            "in mid-stream": "e2e/signals a_turn_goes_on_where_the_app_was_killed",
            "app and server": "e2e/signals after_a_kill_of_app_and_server_the_turn_is_interrupted",
            "drafts and queues": "e2e/signals drafts_and_queue_outlive_a_kill_and_nothing_is_sent_by_itself",
            "the store": "store/processes kill_9_loses_nothing_that_is_older_than_a_second",
            "a draft without a session": "e2e/signals what_was_typed_before_any_session_is_there_again",
        },
    ),
    Promise(
        24,
        "signals leave the terminal as it was found",
        {
            "in mid-stream": "e2e/signals a_signal_in_mid_stream_leaves_nothing_behind",
            "quit": "e2e/leaving quit_leaves_no_process_and_the_terminal_as_it_was",
            "ctrl+z and fg": "e2e/leaving ctrl_z_suspends_to_the_shell_and_fg_comes_back",
            "ctrl+c ends nothing": "e2e/leaving ctrl_c_twice_does_not_end_the_app",
            "bugs": "e2e/bugs a_bug_on_the_screen_closes_the_app_in_good_order",
            "plain": "e2e/plain a_signal_leaves_nothing_behind",
        },
    ),
    Promise(
        25,
        "clocks kill nothing",
        {
            "a running turn": "engine/expiry a_running_turn_never_expires",
            "on the server": "server/turns running_turn_never_expires_and_its_end_restarts_the_clock",
            "jumps": "engine/expiry a_jump_of_the_wall_clock_kills_no_session",
            "no negative time": "ui/many_sessions a_clock_that_jumps_never_counts_below_zero",
            "the server decides": "engine/expiry our_clock_only_asks_and_the_server_decides",
        },
    ),
    Promise(
        26,
        "files are the person's alone and never thrown away",
        {
            "0600 in 0700, the store": "store/database files_are_0600_in_folders_0700_whatever_the_umask",
            "0600 in 0700, the config": "config/save files_are_private_whatever_the_umask",
            "0600, the server's address": "server/address file_and_folder_are_private_whatever_the_umask",
            "a broken config": "e2e/machine a_config_that_is_no_toml_is_named_and_never_overwritten",
            "any config": "config/fuzz no_file_keeps_the_app_from_starting",
            "a broken database": "store/failures a_broken_file_is_moved_aside_whole_and_a_fresh_one_begun",
            "a newer one": "store/database a_newer_file_is_refused_and_not_a_byte_of_it_changes",
            "both, in the app": "e2e/machine a_database_that_can_not_be_used_is_told_of_and_kept",
            "whole after a kill": "store/processes kill_9_loses_nothing_that_is_older_than_a_second",
        },
    ),
    Promise(
        27,
        "a machine that can't save still chats",
        {
            "no folder": "e2e/machine without_a_folder_to_write_to_the_chat_works_with_one_notice",
            "full disk": "store/failures a_full_file_keeps_what_it_had_and_the_app_goes_on_in_memory",
            "space again": "store/failures what_a_full_disk_did_not_take_is_saved_when_it_has_space_again",
            "read-only": "store/failures a_read_only_folder_shows_what_is_saved_and_is_not_written_to",
            "no home": "config/save without_a_home_the_paths_are_none_that_could_be_written",
        },
    ),
    Promise(
        28,
        "instances on one store harm each other in nothing",
        {
            "two apps": "e2e/machine two_instances_on_one_store_harm_each_other_in_nothing",
            "each ends its own": "e2e/machine each_of_two_instances_ends_its_own_sessions_only",
            "processes that write at once": "store/processes processes_that_begin_and_write_one_file_together_lose_nothing",
            "one takes over": "faults/kills two_windows_see_each_other_and_one_takes_over_when_the_other_is_killed",
            "one that closes": "store/processes closing_one_instance_harms_no_other",
            "deleted elsewhere: what was typed stays": "ui/first_screen a_session_that_is_deleted_elsewhere_leaves_what_was_typed",
        },
    ),
    Promise(
        29,
        "the embedded server answers its person only",
        {
            "loopback": "server/listener only_loopback_is_bound",
            "the token, on every path": "server/auth every_path_needs_the_token",
            "the whole token": "server/auth token_must_be_the_whole_one",
            "Host": "server/auth foreign_host_is_refused",
            "Origin": "server/auth foreign_origin_is_refused",
            "no CORS": "server/auth own_origin_is_answered_without_cors",
            "tricks with paths": "server/attacks no_trick_with_a_path_gets_past_the_token_or_to_a_file",
            "random requests": "server/attacks random_requests_get_an_answer_of_the_one_shape",
            "4 MB": "server/listener body_of_the_limit_is_taken_and_a_larger_one_refused",
            "garbage": "server/listener garbage_gets_400_in_the_shape_of_every_error",
            "slow bodies": "server/listener slow_body_times_out",
            "1,000 connections": "server/listener a_thousand_connections_are_survived",
            "agents do not see the token": "server/foreground agents_do_not_see_the_token",
            "agents that die": "server/agents/script_ends a_crash_fails_the_turn_with_the_code_and_the_last_words",
            "agents that hang": "server/agents/script_ends close_kills_what_ignores_being_asked",
            "agents that flood": "server/agents/script_ends a_flood_of_errors_is_survived_and_its_end_is_kept",
            "agents that fork": "server/agents/script_ends children_that_keep_forking_end_with_the_session",
            "agents that write nonsense": "server/agents/framed_reader any_output_of_a_framed_script_is_borne_in_any_pieces",
        },
    ),
    Promise(
        30,
        "a closed output ends quietly",
        {
            "run --json | head -1": "e2e/first_start run_ends_quietly_when_its_reader_has_enough",
            "other commands": "cli/program a_closed_reader_ends_a_command_quietly",
            "closed from the start": "cli/program a_closed_stdout_is_no_error",
            "plain": "e2e/plain a_reader_that_goes_ends_it_quietly",
        },
    ),
)
