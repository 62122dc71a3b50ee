"""What earlier chapters built, for the chapters after them: `course.known.<slug>`, in forms that no stub asks for."""
