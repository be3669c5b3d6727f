"""What can be booked and when: resources, bookings, availability, rules, assignment, check-in, waiting list."""
